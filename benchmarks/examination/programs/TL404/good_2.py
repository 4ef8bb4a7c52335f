"""Truncated unroll: the summed loss is wanted with its graph, then back-propagated once."""
import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Dynamics(nn.Module):
    def __init__(self, state, action):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(state + action, 128), nn.SiLU(), nn.Linear(128, state))

    def forward(self, s, a):
        return s + self.f(torch.cat([s, a], dim=-1))


def rollout_loss(net, states, actions):
    s, loss = states[:, 0], 0
    for t in range(actions.size(1)):
        s = net(s, actions[:, t])
        loss += (s - states[:, t + 1]).pow(2).mean()
    return loss / actions.size(1)


def validate(net, loader):
    net.eval()
    total = 0
    with torch.no_grad():
        for states, actions in loader:
            total += rollout_loss(net, states, actions)
    return (total / len(loader)).item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=50)
    args = ap.parse_args()
    d = torch.load("cheetah_rollouts.pt")
    train_dl = DataLoader(TensorDataset(*d["train"]), 64, shuffle=True)
    val_dl = DataLoader(TensorDataset(*d["val"]), 256)
    net = Dynamics(17, 6)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        net.train()
        for states, actions in train_dl:
            opt.zero_grad()
            rollout_loss(net, states, actions).backward()
            opt.step()
        print(epoch, validate(net, val_dl))


if __name__ == "__main__":
    main()
