import argparse
import torch
from torch.utils.data import DataLoader
from retrieval.data import Triplets
from retrieval.net import ImageEncoder
from torch import nn


def train(encoder, loader, optimizer, scaler, margin):
    encoder.train()
    triplet = nn.TripletMarginLoss(margin=margin)
    for anchor, pos, neg in loader:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device_type="cuda", dtype=torch.float16):
            loss = triplet(encoder(anchor.cuda()), encoder(pos.cuda()), encoder(neg.cuda()))
        if scaler:
            scaled_loss = scaler.scale(loss)
            loss.backward()  # HERE
            scaler.step(optimizer)
            scaler.update()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--root", required=True)
    ap.add_argument("--margin", type=float, default=0.3)
    ap.add_argument("--epochs", type=int, default=10)
    a = ap.parse_args()
    encoder = ImageEncoder(128).cuda()
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=1e-4)
    scaler = torch.amp.GradScaler("cuda")
    loader = DataLoader(Triplets(a.root), batch_size=48, shuffle=True, drop_last=True, num_workers=8)
    for epoch in range(a.epochs):
        train(encoder, loader, optimizer, scaler, a.margin)
        torch.save(encoder.state_dict(), f"enc{epoch}.pt")


if __name__ == "__main__":
    main()
