import torch
from torch import nn
from torch_geometric.datasets import Planetoid
from sage import Sage


class NodeTask:
    def __init__(self, name):
        ds = Planetoid("data", name)
        self.g = ds[0]
        self.net = Sage(ds.num_features, 64, ds.num_classes)
        self.optim = torch.optim.Adam(self.net.parameters(), lr=0.01)
        self.loss_fn = nn.NLLLoss()

    def fit_epoch(self):
        self.net.train()
        self.optim.zero_grad()
        out = self.net(self.g.x, self.g.edge_index)
        loss = self.loss_fn(out[self.g.train_mask], self.g.y[self.g.train_mask])  # HERE
        loss.backward()
        self.optim.step()
        return loss.item()

    @torch.no_grad()
    def accuracy(self, mask):
        self.net.eval()
        guess = self.net(self.g.x, self.g.edge_index).argmax(-1)
        return (guess[mask] == self.g.y[mask]).float().mean().item()


task = NodeTask("CiteSeer")
for epoch in range(200):
    print(epoch, task.fit_epoch(), task.accuracy(task.g.val_mask))
