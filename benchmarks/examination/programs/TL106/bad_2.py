import argparse
import torch
from torch import nn
from torch.nn import functional as F
from torch_geometric.datasets import Planetoid
from torch_geometric.nn import GATConv


class GAT(nn.Module):
    def __init__(self, fin, hidden, classes, heads, rate):
        super().__init__()
        self.rate = rate
        self.first = GATConv(fin, hidden, heads=heads)
        self.second = GATConv(hidden * heads, classes, heads=1)

    def forward(self, x, edges):
        x = F.dropout(x, p=self.rate, training=self.training)
        x = F.elu(self.first(x, edges))
        x = torch.dropout(x, self.rate, True)  # HERE
        return self.second(x, edges)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--name", default="PubMed", choices=["Cora", "CiteSeer", "PubMed"])
    ap.add_argument("--epochs", type=int, default=200)
    args = ap.parse_args()
    data = Planetoid("data", args.name)
    g = data[0]
    gat = GAT(data.num_features, 8, data.num_classes, heads=8, rate=0.6)
    opt = torch.optim.AdamW(gat.parameters(), lr=5e-3, weight_decay=5e-4)
    for epoch in range(args.epochs):
        gat.train()
        opt.zero_grad()
        out = gat(g.x, g.edge_index)
        F.cross_entropy(out[g.train_mask], g.y[g.train_mask]).backward()
        opt.step()
        gat.eval()
        with torch.no_grad():
            guess = gat(g.x, g.edge_index).argmax(1)
        print(epoch, (guess[g.val_mask] == g.y[g.val_mask]).float().mean().item())


if __name__ == "__main__":
    main()
