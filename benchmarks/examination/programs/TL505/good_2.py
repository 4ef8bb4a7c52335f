import argparse
import torch
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.utils.data import DataLoader
from readmission import Stays

MODES = {"auc": "max", "loss": "min"}


def evaluate(net, loader):
    net.eval()
    with torch.no_grad():
        pairs = [(net(x).squeeze(1), y) for x, y in loader]
    out, y = (torch.cat(t) for t in zip(*pairs))
    loss = F.binary_cross_entropy_with_logits(out, y.float()).item()
    return {"auc": roc_auc_score(y.numpy(), out.numpy()), "loss": loss}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--watch", choices=sorted(MODES), default="auc")
    ap.add_argument("--epochs", type=int, default=40)
    args = ap.parse_args()
    train_dl, val_dl = DataLoader(Stays("train"), 128, shuffle=True), DataLoader(Stays("val"), 512)
    net = nn.Sequential(nn.Linear(76, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 1))
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    sched = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, mode=MODES[args.watch], patience=3)
    for epoch in range(args.epochs):
        net.train()
        for x, y in train_dl:
            opt.zero_grad()
            F.binary_cross_entropy_with_logits(net(x).squeeze(1), y.float()).backward()
            opt.step()
        scores = evaluate(net, val_dl)
        sched.step(scores[args.watch])
        print(epoch, scores)


if __name__ == "__main__":
    main()
