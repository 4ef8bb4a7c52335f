import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models
from captions import Flickr30k
from clip_like import Towers

image = models.mobilenet_v3_small(weights="DEFAULT")
image.classifier = nn.Identity()
text = nn.Sequential(nn.EmbeddingBag(30522, 256), nn.Dropout(0.1), nn.Linear(256, 576))
towers = Towers(image, text)
opt = torch.optim.AdamW(towers.text.parameters(), lr=1e-3)
loader = DataLoader(Flickr30k("train"), batch_size=128, shuffle=True)
for epoch in range(10):
    towers.train()
    for pixels, tokens in loader:
        sim = towers(pixels, tokens)
        gold = torch.arange(len(sim))
        loss = (nn.functional.cross_entropy(sim, gold) + nn.functional.cross_entropy(sim.t(), gold)) / 2
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
