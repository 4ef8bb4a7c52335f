import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

images = torch.from_numpy(np.load("images_nhwc.npy")).float().div(127.5).sub(1)
labels = torch.from_numpy(np.load("labels.npy"))
n, h, w, c = images.shape
images = images.view(n, c, h, w)  # HERE
loader = DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Conv2d(3, 32, 3, stride=2), nn.ReLU(), nn.Conv2d(32, 64, 3, stride=2), nn.ReLU(),
                    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 5))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(30):
    for x, y in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
    print(epoch, loss.item())
