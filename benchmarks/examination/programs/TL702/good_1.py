import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("retina.pt")
train_dl = DataLoader(TensorDataset(*d["train"]), batch_size=32, shuffle=True)
val_dl = DataLoader(TensorDataset(*d["val"]), batch_size=64)


class SqueezeExcite(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, c // 4, 1), nn.ReLU(),
                                  nn.Conv2d(c // 4, c, 1), nn.Sigmoid())

    def forward(self, x):
        return x * self.gate(x)


net = nn.Sequential(nn.Conv2d(3, 32, 3, stride=2), nn.ReLU(), SqueezeExcite(32), nn.AdaptiveAvgPool2d(1),
                    nn.Flatten(), nn.Linear(32, 8))
criterion = nn.BCEWithLogitsLoss(pos_weight=d["pos_weight"])
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(25):
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        out = net(x)
        loss = criterion(out, y.float())
        loss.backward()
        opt.step()
        out = torch.sigmoid(out.detach())
        batch_acc = ((out > 0.5) == y.bool()).float().mean().item()
    net.eval()
    with torch.no_grad():
        prob = torch.cat([torch.sigmoid(net(x)) for x, _ in val_dl])
    print(epoch, loss.item(), batch_acc, prob.mean().item())
