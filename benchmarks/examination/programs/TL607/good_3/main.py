import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
from attack import carlini

net = nn.Sequential(nn.Conv2d(1, 32, 3, stride=2), nn.ReLU(), nn.Conv2d(32, 64, 3, stride=2), nn.ReLU(), nn.Flatten(),
                    nn.Linear(64 * 36, 10))
net.load_state_dict(torch.load("mnist_cnn.pt"))
net.eval().requires_grad_(False)
test = datasets.MNIST("data", False, transforms.ToTensor(), download=True)
fooled = 0
for x, y in DataLoader(test, batch_size=200):
    adv = carlini(net, x, y)
    with torch.no_grad():
        fooled += (net(adv).argmax(1) != y).sum().item()
print(fooled / len(test))
