import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from labels import LabelDistribution


class AgeNet(nn.Module):
    """Learns a distribution over ages; forward gives log-probabilities."""

    def __init__(self, ages):
        super().__init__()
        self.cnn = nn.Sequential(nn.Conv2d(3, 32, 5, stride=2), nn.ReLU(), nn.Conv2d(32, 64, 5, stride=2), nn.ReLU(),
                                 nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.fc = nn.Linear(64, ages)
        self.act = nn.LogSoftmax(dim=-1)

    def forward(self, x):
        return self.act(self.fc(self.cnn(x)))


def masked_kl(log_p, q, mask):
    per_item = F.kl_div(log_p, q, reduction="none").sum(-1)
    return (per_item * mask).sum() / mask.sum()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--ages", type=int, default=101)
    ap.add_argument("--epochs", type=int, default=30)
    args = ap.parse_args()
    net = AgeNet(args.ages)
    criterion = nn.KLDivLoss(reduction="batchmean")
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        for face, dist, sure in DataLoader(LabelDistribution("morph"), 64, shuffle=True):
            out = net(face)
            loss = criterion(out, dist) + 0.1 * masked_kl(out, dist, sure.float())
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
