"""A trainer whose `train` runs the epochs: no nn.Module, so no mode to pass on."""
import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class SurvivalTrainer:
    def __init__(self, net, lr):
        self.net = net
        self.opt = torch.optim.Adam(net.parameters(), lr=lr)

    def cox(self, risk, time, event):
        order = time.argsort(descending=True)
        risk, event = risk[order], event[order]
        return -((risk - risk.logcumsumexp(0)) * event).sum() / event.sum().clamp(min=1)

    def train(self, loader, epochs=10):
        self.net.train()
        for epoch in range(epochs):
            for x, time, event in loader:
                self.opt.zero_grad()
                loss = self.cox(self.net(x).squeeze(-1), time, event)
                loss.backward()
                self.opt.step()

    def eval(self, x, time, event):
        self.net.eval()
        with torch.no_grad():
            return self.cox(self.net(x).squeeze(-1), time, event).item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--lr", type=float, default=1e-3)
    args = ap.parse_args()
    d = torch.load("metabric.pt")
    net = nn.Sequential(nn.Linear(9, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 1))
    trainer = SurvivalTrainer(net, args.lr)
    trainer.train(DataLoader(TensorDataset(*d["train"]), 256, shuffle=True), epochs=100)
    print(trainer.eval(*d["test"]))


if __name__ == "__main__":
    main()
