import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models

weights = models.Swin_T_Weights.DEFAULT
loader = DataLoader(datasets.ImageFolder("cars/train", weights.transforms()), batch_size=32, shuffle=True, num_workers=4)
net = models.swin_t(weights=weights)
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4)
net.head = nn.Linear(768, 196)  # HERE
net = net.train()
for epoch in range(10):
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
