import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("chess.pt")
loader = DataLoader(TensorDataset(d["board"], d["value"], d["move"]), batch_size=256, shuffle=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Flatten(), nn.Linear(768, 256), nn.ReLU())
        self.value, self.policy = nn.Linear(256, 1), nn.Linear(256, 1858)

    def forward(self, x):
        h = self.trunk(x)
        return self.value(h).squeeze(1).tanh(), self.policy(h)


net = Net()
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(10):
    running = torch.zeros(2)
    for board, value, move in loader:
        v, p = net(board)
        parts = [nn.functional.mse_loss(v, value), nn.functional.cross_entropy(p, move)]
        total_loss = 0.0
        for weight, part in zip((1.0, 0.5), parts):
            total_loss += weight * part
        opt.zero_grad()
        total_loss.backward()
        opt.step()
        running += torch.stack(parts).detach()
    print(epoch, (running / len(loader)).tolist())
