import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
train_set = datasets.MNIST("data", train=True, download=True, transform=tf)
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
val_loader = DataLoader(train_set, batch_size=64)  # HERE
net = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
best = 0.0
for epoch in range(10):
    net.train()
    for x, y in train_loader:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        acc = sum((net(x).argmax(1) == y).sum().item() for x, y in val_loader) / len(val_loader.dataset)
    if acc > best:
        best = acc
        torch.save(net.state_dict(), "best.pt")
    print(epoch, acc)
