"""Noisy-or over instances: the bag's probability has no logit, so BCE on probabilities is right."""
import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from distant import Relations


class NoisyOr(nn.Module):
    def __init__(self, dim, relations):
        super().__init__()
        self.score = nn.Sequential(nn.Linear(dim, 256), nn.ReLU(), nn.Linear(256, relations))

    def forward(self, bag, mask):
        p = torch.sigmoid(self.score(bag)) * mask.unsqueeze(-1)
        return 1 - (1 - p).prod(dim=1)


def loss_of(net, bag, mask, label):
    prob = net(bag, mask).clamp(1e-6, 1 - 1e-6)
    return F.binary_cross_entropy(prob, label.float())


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--dim", type=int, default=768)
    ap.add_argument("--epochs", type=int, default=20)
    args = ap.parse_args()
    relations = Relations("nyt10")
    net = NoisyOr(args.dim, relations.n)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        for bag, mask, label in DataLoader(relations, batch_size=64, shuffle=True):
            loss = loss_of(net, bag, mask, label)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
