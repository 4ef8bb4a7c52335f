import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("forest.pt")
loader = DataLoader(TensorDataset(d["patches"], d["y"]), batch_size=64, shuffle=True)


class PatchNet(nn.Module):
    """patches: (B, H, W, C), as saved by numpy."""

    def __init__(self, c=10, dim=64, p=8):
        super().__init__()
        self.p = p
        self.proj = nn.Linear(c * p * p, dim)
        self.att = nn.MultiheadAttention(dim, 4, batch_first=True)
        self.out = nn.Linear(dim, 8)

    def forward(self, x):
        b, h, w, c = x.shape
        p = self.p
        x = x.view(b, h // p, p, w // p, p, c).permute(0, 1, 3, 2, 4, 5)
        x = x.reshape(b, (h // p) * (w // p), p * p * c)
        x = self.proj(x)
        y, _ = self.att(x, x, x)
        return self.out((x + y).mean(dim=1))


net = PatchNet()
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(20):
    for x, y in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
    print(epoch, loss.item())
