import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader
from asr.phones import Timit, collate


class PhoneNet(nn.Module):
    def __init__(self, mels, phones):
        super().__init__()
        self.rnn = nn.GRU(mels, 256, num_layers=2, dropout=0.2, batch_first=True, bidirectional=True)
        self.out = nn.Linear(512, phones)

    def forward(self, x):
        return self.out(self.rnn(x)[0])


def train_epoch(net, loader, opt, device):
    net.train()
    opt.zero_grad()
    total = 0.0
    for mel, phone in loader:
        logits = net(mel.to(device))
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), phone.to(device).flatten(), ignore_index=-1)
        loss.backward()  # HERE
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        total += loss.item()
    return total / len(loader)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--root", default="timit")
    ap.add_argument("--epochs", type=int, default=20)
    args = ap.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net = PhoneNet(40, 61).to(device)
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    loader = DataLoader(Timit(args.root, "train"), batch_size=16, shuffle=True, collate_fn=collate)
    for epoch in range(args.epochs):
        print(epoch, train_epoch(net, loader, opt, device))


if __name__ == "__main__":
    main()
