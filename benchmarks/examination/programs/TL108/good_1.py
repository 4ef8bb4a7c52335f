import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class TCN(nn.Module):
    def __init__(self, channels, widths=(32, 32, 64), kernel=3):
        super().__init__()
        layers = []
        last = channels
        for i, w in enumerate(widths):
            dilation = 2 ** i
            layers += [nn.ConstantPad1d(((kernel - 1) * dilation, 0), 0.0),
                       nn.Conv1d(last, w, kernel, dilation=dilation), nn.ReLU(), nn.Dropout(0.1)]
            last = w
        self.stack = nn.Sequential(*layers)
        self.heads = []
        for name in ("load", "price"):
            head = nn.Linear(last, 1)
            self.add_module(f"head_{name}", head)
            self.heads.append(head)

    def forward(self, x):
        h = self.stack(x)[:, :, -1]
        return torch.cat([head(h) for head in self.heads], dim=1)


d = torch.load("grid.pt")
train_dl = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True)
tcn = TCN(d["x"].shape[1])
opt = torch.optim.Adam(tcn.parameters(), lr=1e-3)
for epoch in range(20):
    tcn.train()
    for x, y in train_dl:
        opt.zero_grad()
        loss = F.mse_loss(tcn(x), y)
        loss.backward()
        opt.step()
    tcn.eval()
    with torch.no_grad():
        print(epoch, F.mse_loss(tcn(d["x_val"]), d["y_val"]).item())
