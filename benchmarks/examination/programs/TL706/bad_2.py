import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from saliency.data import Gaze
from saliency.net import build_unet


def train_epoch(net, loader, optimizer, device):
    net.train()
    total = 0.0
    for image, fixation in loader:
        image, fixation = image.to(device), fixation.to(device).float()
        logits = net(image)
        loss = F.binary_cross_entropy_with_logits(fixation, logits)  # HERE
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--root", default="salicon")
    ap.add_argument("--epochs", type=int, default=20)
    args = ap.parse_args()
    device = torch.device("cuda")
    net = build_unet(3, 1).to(device)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4)
    loader = DataLoader(Gaze(args.root, "train"), 16, shuffle=True, drop_last=True)
    for epoch in range(args.epochs):
        print(epoch, train_epoch(net, loader, optimizer, device))


if __name__ == "__main__":
    main()
