import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

epochs = 20
tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.49, 0.48, 0.45), (0.25, 0.24, 0.26))])
loader = DataLoader(datasets.CIFAR10("data", True, tf, download=True), batch_size=128, shuffle=True)
net = nn.Sequential(nn.Conv2d(3, 64, 3, stride=2), nn.ReLU(), nn.Conv2d(64, 128, 3, stride=2), nn.ReLU(), nn.Flatten(),
                    nn.Linear(6272, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, epochs=epochs, steps_per_epoch=len(loader))
for epoch in range(epochs):
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
    scheduler.step()  # HERE
    print(epoch, loss.item())
