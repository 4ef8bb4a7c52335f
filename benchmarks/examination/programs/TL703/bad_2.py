import argparse
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader
from torchvision import models
from chexpert import Xrays


def build(findings):
    net = models.densenet121(weights="DEFAULT")
    net.classifier = nn.Linear(net.classifier.in_features, findings)
    return net


def train_one_epoch(net, loader, optimizer, device):
    net.train()
    running = 0.0
    for image, finding in loader:
        image, finding = image.to(device), finding.to(device).float()
        output = net(image)
        loss = F.binary_cross_entropy(output, finding)  # HERE
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
    return running / len(loader)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default="/data/chexpert")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--lr", type=float, default=1e-4)
    args = parser.parse_args()
    device = torch.device("cuda")
    net = build(14).to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=args.lr)
    loader = DataLoader(Xrays(args.root, "train"), batch_size=32, shuffle=True, drop_last=True, num_workers=8)
    for epoch in range(args.epochs):
        print(epoch, train_one_epoch(net, loader, optimizer, device))


if __name__ == "__main__":
    main()
