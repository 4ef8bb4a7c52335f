"""Sharpness-aware minimisation: the first gradients move the weights, then are cleared."""
import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms


def perturb(params, rho):
    with torch.no_grad():
        norm = torch.stack([p.grad.norm() for p in params]).norm() + 1e-12
        eps = [p.grad * (rho / norm) for p in params]
        for p, e in zip(params, eps):
            p.add_(e)
    return eps


def restore(params, eps):
    with torch.no_grad():
        for p, e in zip(params, eps):
            p.sub_(e)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--rho", type=float, default=0.05)
    ap.add_argument("--epochs", type=int, default=60)
    args = ap.parse_args()
    tf = transforms.Compose([transforms.RandomCrop(32, 4), transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)])
    loader = DataLoader(datasets.CIFAR10("data", True, tf, download=True), 128, shuffle=True)
    net = models.convnext_tiny(num_classes=10).cuda().train()
    base = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    params = list(net.parameters())
    for epoch in range(args.epochs):
        for x, y in loader:
            x, y = x.cuda(), y.cuda()
            base.zero_grad()
            F.cross_entropy(net(x), y).backward()
            eps = perturb(params, args.rho)
            base.zero_grad()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            restore(params, eps)
            base.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
