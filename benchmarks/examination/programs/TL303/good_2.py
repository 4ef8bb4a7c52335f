"""Two losses: an fp16 main branch under the scaler, an fp32 temperature with its own plain step."""
import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def fit_classifier(net, loader, epochs):
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    scaler = torch.amp.GradScaler("cuda")
    net.train()
    for _ in range(epochs):
        for x, y in loader:
            opt.zero_grad()
            with torch.autocast("cuda", dtype=torch.float16):
                loss = F.cross_entropy(net(x.cuda()), y.cuda())
            scaler.scale(loss).backward()
            scaler.step(opt)
            scaler.update()


def calibrate(net, x, y, rounds):
    net.eval()
    with torch.no_grad():
        logits = net(x.cuda()).float()
    log_t = nn.Parameter(torch.zeros((), device="cuda"))
    opt = torch.optim.Adam([log_t], lr=0.01)
    for _ in range(rounds):
        opt.zero_grad()
        loss = F.cross_entropy(logits / log_t.exp(), y.cuda())
        loss.backward()
        opt.step()
    return log_t.exp().item()


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=20)
    ap.add_argument("--rounds", type=int, default=200)
    args = ap.parse_args()
    d = torch.load("derma.pt")
    net = nn.Sequential(nn.Linear(1024, 256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 7)).cuda()
    fit_classifier(net, DataLoader(TensorDataset(*d["train"]), 256, shuffle=True), args.epochs)
    print("temperature", calibrate(net, *d["val"], args.rounds))
