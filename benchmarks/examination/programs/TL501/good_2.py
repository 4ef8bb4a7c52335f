import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from handwritten import Formulas


def adjust(schedule, epoch):
    """At the start of every epoch but the first."""
    if epoch > 0:
        schedule.step()
    return schedule.get_last_lr()[0]


def train_epoch(net, loader, optimizer):
    net.train()
    for image, symbol in loader:
        loss = F.cross_entropy(net(image), symbol)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=40)
    ap.add_argument("--gamma", type=float, default=0.95)
    args = ap.parse_args()
    net = nn.Sequential(nn.Conv2d(1, 32, 5, stride=2), nn.ReLU(), nn.Conv2d(32, 64, 5, stride=2), nn.ReLU(),
                        nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(576, 101))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=args.gamma)
    loader = DataLoader(Formulas("crohme"), batch_size=64, shuffle=True)
    for epoch in range(args.epochs):
        lr = adjust(schedule, epoch)
        print(epoch, lr, train_epoch(net, loader, optimizer))


if __name__ == "__main__":
    main()
