import argparse
import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, WeightedRandomSampler
from skin import Lesions


class ByLength:
    """Batches of similar length in random order."""

    def __init__(self, lengths, size):
        self.lengths, self.size = torch.as_tensor(lengths), size

    def __len__(self):
        return (len(self.lengths) + self.size - 1) // self.size

    def __iter__(self):
        noise = torch.rand(len(self.lengths)) * 5
        order = (self.lengths + noise).argsort()
        chunks = list(order.split(self.size))
        for i in torch.randperm(len(chunks)).tolist():
            yield chunks[i].tolist()


def make_loader(data, args):
    if args.sampling == "balanced":
        weights = data.class_weights()[data.labels]
        return DataLoader(data, batch_size=args.batch, sampler=WeightedRandomSampler(weights, len(data)))
    if args.sampling == "bucket":
        return DataLoader(data, batch_sampler=ByLength(data.lengths, args.batch))
    return DataLoader(data, batch_sampler=BatchSampler(RandomSampler(data), args.batch, drop_last=False))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--sampling", choices=["balanced", "bucket", "plain"], default="balanced")
    ap.add_argument("--batch", type=int, default=64)
    args = ap.parse_args()
    train_loader = make_loader(Lesions("train"), args)
    net = nn.Sequential(nn.Linear(1280, 128), nn.GELU(), nn.Linear(128, 7))
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    for epoch in range(20):
        for x, y in train_loader:
            loss = nn.functional.cross_entropy(net(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
