"""Distillation: softmax of the teacher is a target, log-softmax of the student goes to the loss."""
import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class LogProbNet(nn.Module):
    def __init__(self, d_in, classes):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(d_in, 128), nn.ReLU(), nn.Linear(128, classes), nn.LogSoftmax(dim=-1))

    def forward(self, x):
        return self.net(x)


class CrossEntropyLoss(nn.Module):
    """Takes the probabilities of an ensemble, which have no logits."""

    def forward(self, probs, target):
        picked = probs.gather(1, target[:, None]).clamp_min(1e-8)
        return -picked.log().mean()


def ensemble_probs(nets, x):
    return torch.stack([net(x).exp() for net in nets]).mean(0)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--members", type=int, default=3)
    ap.add_argument("--epochs", type=int, default=20)
    args = ap.parse_args()
    d = torch.load("letters.pt")
    teacher = torch.load("teacher.pt", weights_only=False).eval().requires_grad_(False)
    nets = nn.ModuleList(LogProbNet(16, 26) for _ in range(args.members))
    opt = torch.optim.Adam(nets.parameters(), lr=1e-3)
    criterion = CrossEntropyLoss()
    for epoch in range(args.epochs):
        for x, y in DataLoader(TensorDataset(d["x"], d["y"]), 128, shuffle=True):
            with torch.no_grad():
                soft = F.softmax(teacher(x) / 2, dim=1)
            loss = criterion(ensemble_probs(nets, x), y)
            loss = loss + sum(F.cross_entropy(net(x), soft) for net in nets) / args.members
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
