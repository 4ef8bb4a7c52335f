import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from factory import make_heads, make_trunk


class MultiTask(nn.Module):
    def __init__(self, d_in, sizes):
        super().__init__()
        trunk = make_trunk(d_in, 256, 3)
        heads = make_heads(256, sizes)
        self.trunk = nn.Sequential(*trunk)
        self.heads = nn.ModuleDict(heads)
        self.order = [self.trunk, *self.heads.values()]

    def forward(self, x):
        z = self.trunk(x)
        return {task: head(z) for task, head in self.heads.items()}


sizes = {"age": 10, "gender": 2, "accent": 16}
bank = torch.load("speaker_embeddings.pt")
data = TensorDataset(bank["x"], *[bank[t] for t in sizes])
net = MultiTask(192, sizes)
opt = torch.optim.AdamW(net.parameters(), lr=5e-4)
net.train()
for epoch in range(10):
    for x, *targets in DataLoader(data, batch_size=128, shuffle=True):
        out = net(x)
        loss = sum(nn.functional.cross_entropy(out[t], y) for t, y in zip(sizes, targets))
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
