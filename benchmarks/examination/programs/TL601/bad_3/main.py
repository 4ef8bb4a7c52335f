import torch
from torch import nn
from torch_geometric.datasets import WikiCS
from torch_geometric.nn import GCNConv
from factory import build_optimizer


class Net(nn.Module):
    def __init__(self, fin, classes):
        super().__init__()
        self.a, self.b = GCNConv(fin, 64), GCNConv(64, classes)

    def forward(self, x, e):
        return self.b(self.a(x, e).relu(), e)


class Task:
    def __init__(self):
        ds = WikiCS("data")
        self.g = ds[0]
        self.mask = self.g.train_mask[:, 0]
        self.net = Net(ds.num_features, ds.num_classes)
        self.opt = build_optimizer("adam", self.net)

    def epoch(self):
        self.opt.zero_grad()
        out = self.net(self.g.x, self.g.edge_index)
        loss = nn.functional.cross_entropy(out[self.mask], self.g.y[self.mask])
        loss.backward()
        self.opt.step()
        return loss.item()


task = Task()
for epoch in range(200):
    print(epoch, task.epoch())
