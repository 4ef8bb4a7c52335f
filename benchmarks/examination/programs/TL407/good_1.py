import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("simsiam_feats.pt")
loader = DataLoader(TensorDataset(d["a"], d["b"]), batch_size=256, shuffle=True)
encoder = nn.Sequential(nn.Linear(1024, 256), nn.LayerNorm(256), nn.ReLU(), nn.Linear(256, 128))
predictor = nn.Sequential(nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 128))
opt = torch.optim.SGD([*encoder.parameters(), *predictor.parameters()], lr=0.03, momentum=0.9)


def distance(p, z):
    return -nn.functional.cosine_similarity(p, z.detach(), dim=-1).mean()


for epoch in range(50):
    for a, b in loader:
        za, zb = encoder(a), encoder(b)
        loss = 0.5 * (distance(predictor(za), zb) + distance(predictor(zb), za))
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
