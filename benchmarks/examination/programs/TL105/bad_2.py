import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader
from videos import ClipDataset
from torchvision.models.video import r3d_18


def train_one_epoch(net, loader, optimizer, device):
    net.train()
    loss_fn = nn.CrossEntropyLoss()
    total = 0.0
    for clip, label in loader:
        clip, label = clip.to(device), label.to(device)
        optimizer.zero_grad()
        torch.autocast(device_type="cuda", dtype=torch.bfloat16)  # HERE
        logits = net(clip)
        loss = loss_fn(logits, label)
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", default="kinetics_subset")
    ap.add_argument("--epochs", type=int, default=30)
    args = ap.parse_args()
    device = torch.device("cuda")
    net = r3d_18(num_classes=20).to(device)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    loader = DataLoader(ClipDataset(args.data, "train"), batch_size=16, shuffle=True, num_workers=8, drop_last=True)
    for epoch in range(args.epochs):
        print(epoch, train_one_epoch(net, loader, optimizer, device))
        torch.save(net.state_dict(), f"r3d_{epoch}.pt")


if __name__ == "__main__":
    main()
