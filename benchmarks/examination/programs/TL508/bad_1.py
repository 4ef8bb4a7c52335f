import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models

weights = models.Swin_T_Weights.DEFAULT
loader = DataLoader(datasets.Flowers102("data", "train", transform=weights.transforms(), download=True), 32, shuffle=True)
net = models.swin_t(weights=weights)
net.head = nn.Linear(768, 102)
for p in net.features.parameters():
    p.requires_grad = False
optimizer = torch.optim.SGD(net.head.parameters(), lr=0.01, momentum=0.9)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=5, gamma=0.3)
net.train()
for epoch in range(20):
    if epoch == 5:
        for p in net.features.parameters():
            p.requires_grad = True
        optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)  # HERE
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
    scheduler.step()
    print(epoch, loss.item())
