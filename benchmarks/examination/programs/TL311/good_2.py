import argparse
import torch
import torch.amp as amp
from torch import nn
from torch.utils.data import DataLoader
from docs import Layouts


def train(net, loader, device, lr, epochs):
    opt = torch.optim.AdamW(net.parameters(), lr=lr)
    scaler = amp.GradScaler(device.type, enabled=device.type == "cuda")
    cast = {"cuda": torch.float16, "cpu": torch.bfloat16}[device.type]
    net.train()
    for _ in range(epochs):
        for page, kind in loader:
            page, kind = page.to(device), kind.to(device)
            opt.zero_grad()
            with amp.autocast(device.type, dtype=cast):
                loss = nn.functional.cross_entropy(net(page), kind)
            scaler.scale(loss).backward()
            scaler.step(opt)
            scaler.update()


def peak_memory():
    if not torch.cuda.is_available():
        return 0
    return torch.cuda.max_memory_allocated() / 2 ** 20


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--lr", type=float, default=3e-4)
    ap.add_argument("--epochs", type=int, default=5)
    args = ap.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net = nn.Sequential(nn.Conv2d(1, 16, 7, stride=4), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(),
                        nn.Linear(256, 16)).to(device)
    train(net, DataLoader(Layouts("rvl"), 64, shuffle=True), device, args.lr, args.epochs)
    print(peak_memory())


if __name__ == "__main__":
    main()
