import argparse
import pandas as pd
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Essays(Dataset):
    def __init__(self, csv, vectors):
        self.score = torch.tensor(pd.read_csv(csv)["score"].values, dtype=torch.float32)
        self.vec = torch.load(vectors)

    def __len__(self):
        return len(self.score)

    def __getitem__(self, i):
        return self.vec[i], self.score[i]


class Scorer(nn.Module):
    def __init__(self, dim, drop):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(dim, 128), nn.GELU(), nn.Dropout(drop), nn.Linear(128, 1))

    def forward(self, v):
        return self.net(v)


def train(net, loader, opt):
    net.train()
    for vec, score in loader:
        pred = net(vec)
        loss = F.l1_loss(pred, score)  # HERE
        opt.zero_grad()
        loss.backward()
        opt.step()
    return loss.item()


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--csv", default="essays.csv")
    ap.add_argument("--vectors", default="essays.pt")
    ap.add_argument("--epochs", type=int, default=40)
    a = ap.parse_args()
    net = Scorer(384, 0.1)
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    loader = DataLoader(Essays(a.csv, a.vectors), 32, shuffle=True)
    for epoch in range(a.epochs):
        print(epoch, train(net, loader, opt))
