"""Groups by name; whatever no pattern takes falls into the last group."""
import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from telescope import LightCurves


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.embed = nn.Conv1d(2, 64, 16, stride=8)
        self.position = nn.Parameter(torch.zeros(1, 128, 64))
        layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
        self.head = nn.Linear(64, classes)

    def forward(self, x):
        z = self.embed(x).transpose(1, 2)
        return self.head(self.blocks(z + self.position[:, : z.size(1)]).mean(1))


def by_pattern(net, rates, default):
    taken, groups = set(), []
    for prefix, lr in rates.items():
        named = [(n, p) for n, p in net.named_parameters() if n.startswith(prefix)]
        taken.update(n for n, _ in named)
        groups.append({"params": [p for _, p in named], "lr": lr})
    groups.append({"params": [p for n, p in net.named_parameters() if n not in taken], "lr": default})
    return groups


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--head-lr", type=float, default=1e-3)
    ap.add_argument("--lr", type=float, default=2e-4)
    args = ap.parse_args()
    net = Net(14)
    opt = torch.optim.AdamW(by_pattern(net, {"head": args.head_lr, "embed": args.lr * 2}, args.lr))
    loader = DataLoader(LightCurves("plasticc"), batch_size=64, shuffle=True)
    net.train()
    for epoch in range(20):
        for x, y in loader:
            loss = F.cross_entropy(net(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
