import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


class DigitNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
                                  nn.MaxPool2d(2), nn.Flatten())
        self.fc = nn.Linear(1600, 10)
        self.softmax = nn.Softmax(dim=1)

    def forward(self, x):
        logits = self.fc(self.conv(x))
        if self.training:
            return logits
        return self.softmax(logits)


tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.45,), (0.2,))])
train_dl = DataLoader(datasets.SVHN("data", "train", transforms.Compose([transforms.Grayscale(), transforms.Resize(28), tf]),
                                    download=True), batch_size=128, shuffle=True)
test_dl = DataLoader(datasets.MNIST("data", False, tf, download=True), batch_size=500)
net = DigitNet()
criterion = nn.CrossEntropyLoss()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(6):
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        opt.step()
    net.eval()
    confident = hits = 0
    with torch.no_grad():
        for x, y in test_dl:
            p, guess = net(x).max(dim=1)
            hits += (guess == y).sum().item()
            confident += (p > 0.9).sum().item()
    print(epoch, hits, confident)
