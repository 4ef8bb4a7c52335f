import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models

weights = models.ConvNeXt_Tiny_Weights.DEFAULT
net = models.convnext_tiny(weights=weights)
for param in net.parameters():
    param.requires_grad = False
for block in net.features[-1:]:
    block.requires_grad_(True)
net.classifier[2] = nn.Linear(768, 37)

trainable = [p for p in net.parameters() if p.requires_grad]
opt = torch.optim.AdamW(trainable, lr=2e-4)
data = datasets.OxfordIIITPet("data", "trainval", transform=weights.transforms(), download=True)
loader = DataLoader(data, batch_size=32, shuffle=True, num_workers=4)
net.train()
for epoch in range(5):
    for x, y in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
    print(epoch, loss.item())
torch.save(net.state_dict(), "pets.pt")
