"""Initialisation in place, after the optimizer: the same Parameter objects are kept."""
import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from plasma import Shots


class Net(nn.Module):
    def __init__(self, d_in):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(d_in, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU())
        self.head = nn.Linear(128, 2)

    def forward(self, x):
        return self.head(self.body(x))


def soft_reset(module):
    if isinstance(module, nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        nn.init.zeros_(module.bias)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--pretrained")
    ap.add_argument("--epochs", type=int, default=25)
    args = ap.parse_args()
    net = Net(30)
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    net.apply(soft_reset)
    if args.pretrained:
        net.load_state_dict(torch.load(args.pretrained))
    loader = DataLoader(Shots("jet"), batch_size=64, shuffle=True)
    for epoch in range(args.epochs):
        for x, disruption in loader:
            opt.zero_grad()
            loss = F.cross_entropy(net(x), disruption)
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
