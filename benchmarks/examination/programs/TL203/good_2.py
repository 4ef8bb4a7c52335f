import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from pharma import Assays


class MergedTail:
    """Random batches; a short tail is merged into the batch before it."""

    def __init__(self, n, size):
        self.n, self.size = n, size

    def __len__(self):
        return max(1, self.n // self.size)

    def __iter__(self):
        order = torch.randperm(self.n).tolist()
        for b in range(len(self)):
            last = b == len(self) - 1
            yield order[b * self.size: None if last else (b + 1) * self.size]


class Net(nn.Module):
    def __init__(self, bits, tasks):
        super().__init__()
        self.a = nn.Linear(bits, 512, bias=False)
        self.bn = nn.BatchNorm1d(512)
        self.b = nn.Linear(512, tasks)

    def forward(self, x):
        return self.b(F.relu(self.bn(self.a(x))))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--batch", type=int, default=128)
    ap.add_argument("--epochs", type=int, default=30)
    args = ap.parse_args()
    data = Assays("tox21", "train")
    loader = DataLoader(data, batch_sampler=MergedTail(len(data), args.batch), num_workers=2)
    net = Net(2048, 12)
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    net.train()
    for epoch in range(args.epochs):
        for bits, hit in loader:
            loss = F.binary_cross_entropy_with_logits(net(bits), hit.float())
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
