"""k-nearest-neighbour evaluation: the bank comes from the training set, the queries do not."""
import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Subset
from products import Photos


def embed(net, loader):
    net.eval()
    with torch.no_grad():
        pairs = [(F.normalize(net(x), dim=1), y) for x, y in loader]
    z, y = zip(*pairs)
    return torch.cat(z), torch.cat(y)


def knn(net, bank_loader, query_loader, k):
    bank, bank_y = embed(net, bank_loader)
    query, query_y = embed(net, query_loader)
    near = (query @ bank.t()).topk(k, dim=1).indices
    return (bank_y[near].mode(dim=1).values == query_y).float().mean().item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--k", type=int, default=5)
    ap.add_argument("--epochs", type=int, default=20)
    args = ap.parse_args()
    photos = Photos("sop")
    order = torch.randperm(len(photos), generator=torch.Generator().manual_seed(3)).tolist()
    cut = int(len(order) * 0.9)
    loader = DataLoader(Subset(photos, order[:cut]), batch_size=128, shuffle=True)
    queries = DataLoader(Subset(photos, order[cut:]), batch_size=128)
    net = nn.Sequential(nn.Linear(2048, 512), nn.ReLU(), nn.Linear(512, 64))
    head = nn.Linear(64, photos.n_classes)
    opt = torch.optim.AdamW([*net.parameters(), *head.parameters()], lr=1e-3)
    for epoch in range(args.epochs):
        net.train()
        for x, y in loader:
            opt.zero_grad()
            F.cross_entropy(head(net(x)), y).backward()
            opt.step()
        print(epoch, knn(net, loader, queries, args.k))


if __name__ == "__main__":
    main()
