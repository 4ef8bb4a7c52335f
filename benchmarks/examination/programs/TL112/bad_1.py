import torch
import torch.nn as nn
from torch.utils.data import DataLoader
from torchvision import datasets, models

weights = models.ViT_B_16_Weights.DEFAULT
vit = models.vit_b_16(weights=weights)
for param in vit.parameters():
    param.require_grad = False  # HERE
vit.heads = nn.Linear(768, 101)

train_set = datasets.Food101("data", "train", transform=weights.transforms(), download=True)
loader = DataLoader(train_set, batch_size=64, shuffle=True, num_workers=8)
opt = torch.optim.AdamW((p for p in vit.parameters() if p.requires_grad), lr=1e-4)
loss_fn = nn.CrossEntropyLoss()
vit.train()
for epoch in range(3):
    for x, y in loader:
        opt.zero_grad()
        loss = loss_fn(vit(x), y)
        loss.backward()
        opt.step()
    print(epoch, loss.item())
