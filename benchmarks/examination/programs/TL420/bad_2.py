import argparse
import torch
from torch.utils.data import DataLoader
from detr.data import Coco, collate
from detr.net import build


def forward_backward(net, images, targets, scale, optimizer):
    losses = net(images, targets)
    loss = sum(losses.values()) / scale
    optimizer.zero_grad(set_to_none=True)  # HERE
    loss.backward()
    return loss.item() * scale


def train_epoch(net, loader, optimizer, every):
    net.train()
    total = 0.0
    for i, (images, targets) in enumerate(loader, start=1):
        total += forward_backward(net, images.cuda(), targets, every, optimizer)
        if i % every == 0 or i == len(loader):
            torch.nn.utils.clip_grad_norm_(net.parameters(), 0.1)
            optimizer.step()
    return total / len(loader)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--every", type=int, default=8)
    ap.add_argument("--epochs", type=int, default=50)
    args = ap.parse_args()
    net = build(classes=91).cuda()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, weight_decay=1e-4)
    loader = DataLoader(Coco("train2017"), 2, shuffle=True, collate_fn=collate, drop_last=True)
    for epoch in range(args.epochs):
        print(epoch, train_epoch(net, loader, optimizer, args.every))


if __name__ == "__main__":
    main()
