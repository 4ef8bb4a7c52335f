import torch
from torch import nn
from data import EvalLoader, TrainLoader
from crystal import Diffraction


class Dense(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.lin, self.norm = nn.Linear(a, b, bias=False), nn.BatchNorm1d(b)

    def forward(self, x):
        return torch.relu(self.norm(self.lin(x)))


net = nn.Sequential(Dense(1000, 256), Dense(256, 64), nn.Linear(64, 7)).cuda()
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
train_dl, val_dl = TrainLoader(Diffraction("train"), 128), EvalLoader(Diffraction("val"), 512)
for epoch in range(25):
    net.train()
    for x, system in train_dl:
        loss = nn.functional.cross_entropy(net(x.cuda()), system.cuda())
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        hits = sum((net(x.cuda()).argmax(1).cpu() == s).sum().item() for x, s in val_dl)
    print(epoch, hits / len(val_dl.dataset))
