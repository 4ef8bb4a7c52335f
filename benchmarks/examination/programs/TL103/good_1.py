"""Adversarial robustness: the evaluation itself needs input gradients."""
import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms


def pgd(net, x, y, eps, alpha, steps):
    delta = torch.empty_like(x).uniform_(-eps, eps)
    for _ in range(steps):
        delta.requires_grad_(True)
        loss = F.cross_entropy(net(x + delta), y)
        (grad,) = torch.autograd.grad(loss, delta)
        delta = (delta.detach() + alpha * grad.sign()).clamp(-eps, eps)
    return (x + delta).clamp(0, 1)


def robust_accuracy(net, loader, device, eps):
    net.eval()
    hits = 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        adv = pgd(net, x, y, eps, eps / 4, 10)
        with torch.no_grad():
            hits += (net(adv).argmax(1) == y).sum().item()
    return hits / len(loader.dataset)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ckpt", required=True)
    parser.add_argument("--eps", type=float, default=8 / 255)
    opts = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net = models.wide_resnet50_2(num_classes=10)
    net.load_state_dict(torch.load(opts.ckpt, map_location="cpu"))
    net.to(device).requires_grad_(False)
    test = datasets.CIFAR10("data", train=False, download=True, transform=transforms.ToTensor())
    print(robust_accuracy(net, DataLoader(test, batch_size=128), device, opts.eps))


if __name__ == "__main__":
    main()
