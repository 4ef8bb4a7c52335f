import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from lid import Utterances


class LangId(nn.Module):
    def __init__(self, mels, langs):
        super().__init__()
        self.tdnn = nn.Sequential(nn.Conv1d(mels, 256, 5), nn.ReLU(), nn.Conv1d(256, 256, 3, dilation=2), nn.ReLU())
        self.fc = nn.Linear(512, langs)

    def forward(self, mel):
        h = self.tdnn(mel)
        stats = torch.cat([h.mean(-1), h.std(-1)], dim=-1)
        return F.softmax(self.fc(stats), dim=-1)


def train(net, loader, opt):
    net.train()
    for mel, lang in loader:
        opt.zero_grad()
        prob = net(mel)
        loss = F.nll_loss(prob, lang)  # HERE
        loss.backward()
        opt.step()
    return loss.item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--root", default="voxlingua")
    ap.add_argument("--epochs", type=int, default=12)
    args = ap.parse_args()
    data = Utterances(args.root)
    net = LangId(80, data.n_langs)
    opt = torch.optim.AdamW(net.parameters(), lr=5e-4)
    for epoch in range(args.epochs):
        print(epoch, train(net, DataLoader(data, 128, shuffle=True), opt))


if __name__ == "__main__":
    main()
