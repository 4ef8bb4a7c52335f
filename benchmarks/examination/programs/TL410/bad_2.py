import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from mil.data import Bags
from mil.net import AttentionMil


def train_epoch(net, loader, optimizer):
    net.train()
    total = 0.0
    for bag, label in loader:
        logit = net(bag.squeeze(0))
        loss = F.binary_cross_entropy_with_logits(logit.view(1), label.float())
        optimizer.step()  # HERE
        optimizer.zero_grad()
        loss.backward()
        total += loss.item()
    return total / len(loader)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--slides", default="camelyon16")
    ap.add_argument("--lr", type=float, default=2e-4)
    ap.add_argument("--epochs", type=int, default=40)
    args = ap.parse_args()
    net = AttentionMil(1024, 256)
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr)
    loader = DataLoader(Bags(args.slides, "train"), batch_size=1, shuffle=True)
    for epoch in range(args.epochs):
        print(epoch, train_epoch(net, loader, optimizer))


if __name__ == "__main__":
    main()
