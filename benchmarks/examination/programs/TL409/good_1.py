import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("two_tasks.pt")
loader = DataLoader(TensorDataset(d["x"], d["a"], d["b"]), batch_size=64, shuffle=True)
trunk = nn.Sequential(nn.Linear(100, 128), nn.ReLU())
head_a, head_b = nn.Linear(128, 5), nn.Linear(128, 1)
shared = list(trunk.parameters())
opt = torch.optim.Adam([*shared, *head_a.parameters(), *head_b.parameters()], lr=1e-3)
for epoch in range(20):
    for x, a, b in loader:
        z = trunk(x)
        la = nn.functional.cross_entropy(head_a(z), a)
        lb = nn.functional.mse_loss(head_b(z).squeeze(1), b)
        opt.zero_grad()
        la.backward(retain_graph=True)
        ga = [p.grad.clone() for p in shared]
        lb.backward()
        gb = [p.grad - g for p, g in zip(shared, ga)]
        dot = sum((u * v).sum() for u, v in zip(ga, gb))
        if dot < 0:
            norm = sum(v.pow(2).sum() for v in gb)
            for p, u, v in zip(shared, ga, gb):
                p.grad = u - dot / norm * v + v
        opt.step()
    print(epoch, la.item(), lb.item())
