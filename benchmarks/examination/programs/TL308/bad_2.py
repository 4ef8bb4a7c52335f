import argparse
import torch
from torch.utils.data import DataLoader
from asr.data import CommonVoice, collate
from asr.net import Conformer
from torch import nn


def train_one_epoch(net, loader, optimizer, ctc):
    net.train()
    scaler = torch.amp.GradScaler("cuda")  # HERE
    total = 0.0
    for feats, feat_len, text, text_len in loader:
        optimizer.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            log_probs, out_len = net(feats.cuda(), feat_len)
        loss = ctc(log_probs.float().transpose(0, 1), text.cuda(), out_len, text_len)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        scaler.step(optimizer)
        scaler.update()
        total += loss.item()
    return total / len(loader)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--lang", default="cy")
    ap.add_argument("--epochs", type=int, default=80)
    args = ap.parse_args()
    net = Conformer(vocab=64).cuda()
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-4)
    loader = DataLoader(CommonVoice(args.lang, "train"), 16, shuffle=True, collate_fn=collate, drop_last=True)
    for epoch in range(args.epochs):
        print(epoch, train_one_epoch(net, loader, optimizer, nn.CTCLoss(zero_infinity=True)))


if __name__ == "__main__":
    main()
