import torch
from torch import nn
from torch.utils.data import DataLoader
from birdclef import Recordings
from loss import BCELoss


class BirdNet(nn.Module):
    def __init__(self, species):
        super().__init__()
        self.cnn = nn.Sequential(nn.Conv2d(1, 32, 5, stride=2), nn.ReLU(), nn.Conv2d(32, 64, 5, stride=2), nn.ReLU())
        self.fc = nn.Linear(64, species)

    def forward(self, spec):
        return self.fc(self.cnn(spec).amax(dim=(2, 3)))


data = Recordings("2023/train")
net = BirdNet(data.n_species)
criterion = BCELoss()
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
net.train()
for epoch in range(15):
    for spec, birds in DataLoader(data, batch_size=64, shuffle=True, num_workers=4):
        loss = criterion(net(spec), birds.float())
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
