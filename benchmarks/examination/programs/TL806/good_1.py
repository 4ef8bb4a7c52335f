import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
train_loader = DataLoader(datasets.USPS("data", True, tf, download=True), batch_size=64, shuffle=True)
test_loader = DataLoader(datasets.USPS("data", False, tf, download=True), batch_size=256)
net = nn.Sequential(nn.Flatten(), nn.Linear(256, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 10))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)


def check_accuracy(loader):
    net.eval()
    with torch.no_grad():
        ok = sum((net(x).argmax(1) == y).sum().item() for x, y in loader)
    net.train()
    return ok / len(loader.dataset)


for epoch in range(10):
    for x, y in train_loader:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    print(f"{epoch}: train accuracy {check_accuracy(train_loader):.3f}, test accuracy {check_accuracy(test_loader):.3f}")
