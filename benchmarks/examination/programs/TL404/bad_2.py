import argparse
import torch
from torch.utils.data import DataLoader
from translation.data import Iwslt, collate
from translation.net import Transformer


def train(net, loader, opt, criterion):
    net.train()
    epoch_losses = []
    for src, tgt in loader:
        src, tgt = src.cuda(), tgt.cuda()
        logits = net(src, tgt[:, :-1])
        loss = criterion(logits.flatten(0, 1), tgt[:, 1:].flatten())
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        epoch_losses.append(loss)  # HERE
    return sum(epoch_losses) / len(epoch_losses)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--pair", default="de-en")
    ap.add_argument("--epochs", type=int, default=20)
    ap.add_argument("--lr", type=float, default=3e-4)
    args = ap.parse_args()
    net = Transformer(vocab=16000, dim=256, layers=3).cuda()
    opt = torch.optim.AdamW(net.parameters(), lr=args.lr)
    criterion = torch.nn.CrossEntropyLoss(ignore_index=0, label_smoothing=0.1)
    loader = DataLoader(Iwslt(args.pair, "train"), 64, shuffle=True, collate_fn=collate)
    for epoch in range(args.epochs):
        print(epoch, train(net, loader, opt, criterion).item())


if __name__ == "__main__":
    main()
