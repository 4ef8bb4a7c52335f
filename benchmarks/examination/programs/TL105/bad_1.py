import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

device = "cuda"
tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.49, 0.48, 0.45), (0.25, 0.24, 0.26))])
train_loader = DataLoader(datasets.CIFAR10("data", True, tf, download=True), batch_size=128, shuffle=True)
test_loader = DataLoader(datasets.CIFAR10("data", False, tf), batch_size=500)
cnn = nn.Sequential(
    nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Dropout(0.5), nn.Linear(4096, 10)).to(device)
optimizer = torch.optim.Adam(cnn.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(15):
    cnn.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(cnn(x.to(device)), y.to(device))
        loss.backward()
        optimizer.step()

    cnn.eval()
    torch.no_grad()  # HERE
    hits = 0
    for x, y in test_loader:
        hits += (cnn(x.to(device)).argmax(1).cpu() == y).sum().item()
    print(epoch, hits / 10000)
