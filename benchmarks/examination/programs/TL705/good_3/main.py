import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from heads import loss_for, make_head

ap = argparse.ArgumentParser()
ap.add_argument("--kind", choices=["binary", "multi"], default="multi")
ap.add_argument("--dim", type=int, default=384)
args = ap.parse_args()
kw = {"dim": -1}
d = torch.load(f"{args.kind}_embeddings.pt")
net = nn.Sequential(nn.Linear(args.dim, 128), nn.ReLU(), make_head(args.kind, 128, 14))
objective = loss_for(args.kind)
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(20):
    for x, y in DataLoader(TensorDataset(d["x"], d["y"]), batch_size=128, shuffle=True):
        opt.zero_grad()
        loss = objective(net(x), y)
        loss.backward()
        opt.step()
    with torch.no_grad():
        p = net(d["x_val"])
        p = p.sigmoid() if args.kind == "binary" else nn.functional.softmax(p, **kw)
    print(epoch, loss.item(), p.mean().item())
