"""Only weights are exported: nothing here can be resumed."""
import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader
from wildlife import CameraTraps
from torchvision import models


def fit(net, loader, args):
    optimizer = torch.optim.SGD(net.parameters(), lr=args.lr, momentum=0.9)
    scaler = torch.amp.GradScaler("cuda")
    net.train()
    best = float("inf")
    for epoch in range(args.epochs):
        total = 0.0
        for image, species in loader:
            optimizer.zero_grad()
            with torch.autocast("cuda", dtype=torch.float16):
                loss = nn.functional.cross_entropy(net(image.cuda()), species.cuda())
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            total += loss.item()
        if total < best:
            best = total
            torch.save({"model": net.state_dict(), "classes": args.classes, "epoch": epoch}, args.out)


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--classes", type=int, default=48)
    ap.add_argument("--lr", type=float, default=0.01)
    ap.add_argument("--epochs", type=int, default=20)
    ap.add_argument("--out", default="traps.pt")
    args = ap.parse_args()
    net = models.efficientnet_b2(num_classes=args.classes).cuda()
    fit(net, DataLoader(CameraTraps("train"), 64, shuffle=True, drop_last=True, num_workers=8), args)
