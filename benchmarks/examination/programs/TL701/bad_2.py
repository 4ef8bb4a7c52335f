import argparse
import torch
import torch.nn.functional as F
from torch_geometric.loader import DataLoader as GraphLoader
from torch_geometric.datasets import TUDataset
from torch_geometric.nn import GINConv, global_add_pool
from torch import nn


class GIN(nn.Module):
    def __init__(self, fin, hidden, classes):
        super().__init__()
        self.c1 = GINConv(nn.Sequential(nn.Linear(fin, hidden), nn.ReLU(), nn.Linear(hidden, hidden)))
        self.c2 = GINConv(nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, hidden)))
        self.out = nn.Linear(hidden, classes)

    def forward(self, data):
        h = self.c1(data.x, data.edge_index).relu()
        h = self.c2(h, data.edge_index).relu()
        return self.out(global_add_pool(h, data.batch))


def step(net, data, opt):
    probs = net(data).softmax(dim=-1)
    loss = F.cross_entropy(probs, data.y)  # HERE
    opt.zero_grad()
    loss.backward()
    opt.step()
    acc = (probs.argmax(-1) == data.y).float().mean()
    return loss.item(), acc.item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--name", default="PROTEINS")
    ap.add_argument("--hidden", type=int, default=64)
    ap.add_argument("--epochs", type=int, default=100)
    args = ap.parse_args()
    graphs = TUDataset("data", args.name)
    net = GIN(graphs.num_features, args.hidden, graphs.num_classes)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        for data in GraphLoader(graphs, batch_size=32, shuffle=True):
            loss, acc = step(net, data, opt)
        print(epoch, loss, acc)


if __name__ == "__main__":
    main()
