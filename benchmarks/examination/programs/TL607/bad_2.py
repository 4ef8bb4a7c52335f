import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from glacier import Fronts


def train_one_epoch(net, loader, lr, device):
    net.train()
    opt = torch.optim.AdamW(net.parameters(), lr=lr)  # HERE
    running = 0.0
    for image, mask in loader:
        out = net(image.to(device)).squeeze(1)
        loss = F.binary_cross_entropy_with_logits(out, mask.to(device).float())
        opt.zero_grad()
        loss.backward()
        opt.step()
        running += loss.item()
    return running / len(loader)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--epochs", type=int, default=50)
    args = ap.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net = nn.Sequential(nn.Conv2d(3, 32, 5, padding=2), nn.ReLU(), nn.Conv2d(32, 32, 5, padding=2), nn.ReLU(),
                        nn.Conv2d(32, 1, 1)).to(device)
    loader = DataLoader(Fronts("caffe"), batch_size=8, shuffle=True, num_workers=2)
    for epoch in range(args.epochs):
        print(epoch, train_one_epoch(net, loader, args.lr, device))


if __name__ == "__main__":
    main()
