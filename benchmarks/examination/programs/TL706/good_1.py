import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
loader = DataLoader(datasets.QMNIST("data", what="train", transform=tf, download=True), batch_size=100, shuffle=True)
target = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
loss_fn = nn.CrossEntropyLoss()
opt = torch.optim.SGD(target.parameters(), lr=0.02, momentum=0.9)
for epoch in range(5):
    for batch, y_pred in loader:
        labels = y_pred
        opt.zero_grad()
        y = target(batch)
        loss = loss_fn(target=labels, input=y)
        loss.backward()
        opt.step()
    print(epoch, loss.item())
