import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from video.data import Highlights
from torch import nn


class Ranker(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.att = nn.TransformerEncoderLayer(dim, 8, batch_first=True, norm_first=True)
        self.head = nn.Linear(dim, 1)

    def forward(self, frames):
        return torch.sigmoid(self.head(self.att(frames))).squeeze(-1)


def run_epoch(net, loader, optimizer):
    net.train()
    losses = []
    for frames, keep in loader:
        score = net(frames)
        loss = F.binary_cross_entropy_with_logits(score, keep.float())  # HERE
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--root", default="tvsum")
    ap.add_argument("--dim", type=int, default=512)
    ap.add_argument("--lr", type=float, default=1e-4)
    args = ap.parse_args()
    net = Ranker(args.dim)
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr)
    loader = DataLoader(Highlights(args.root), batch_size=8, shuffle=True)
    for epoch in range(50):
        print(epoch, run_epoch(net, loader, optimizer))


if __name__ == "__main__":
    main()
