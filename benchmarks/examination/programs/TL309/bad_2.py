import argparse
import torch
import torch.nn.functional as F
from pathlib import Path
from torch.utils.data import DataLoader
from segformer.data import Ade20k
from segformer.net import SegFormer


def save_state(path, epoch, net, optimizer, scheduler):
    state = {
        "epoch": epoch,
        "net": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
    }
    torch.save(state, path)  # HERE


def load_state(path, net, optimizer, scheduler):
    state = torch.load(path, map_location="cpu")
    net.load_state_dict(state["net"])
    optimizer.load_state_dict(state["optimizer"])
    scheduler.load_state_dict(state["scheduler"])
    return state["epoch"] + 1


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--resume", type=Path)
    ap.add_argument("--epochs", type=int, default=60)
    args = ap.parse_args()
    net = SegFormer(150).cuda().train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=6e-5)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=args.epochs)
    scaler = torch.amp.GradScaler("cuda")
    first = load_state(args.resume, net, optimizer, scheduler) if args.resume else 0
    loader = DataLoader(Ade20k("training"), batch_size=16, shuffle=True, num_workers=8, drop_last=True)
    for epoch in range(first, args.epochs):
        for image, mask in loader:
            optimizer.zero_grad()
            with torch.autocast("cuda", dtype=torch.float16):
                loss = F.cross_entropy(net(image.cuda()), mask.cuda(), ignore_index=255)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        scheduler.step()
        save_state(f"ep{epoch}.pt", epoch, net, optimizer, scheduler)


if __name__ == "__main__":
    main()
