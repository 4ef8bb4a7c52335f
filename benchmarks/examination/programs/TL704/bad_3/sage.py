import torch
from torch import nn
from torch_geometric.nn import SAGEConv


class Sage(nn.Module):
    def __init__(self, fin, hidden, classes):
        super().__init__()
        self.a = SAGEConv(fin, hidden)
        self.b = SAGEConv(hidden, classes)
        self.drop = nn.Dropout(0.5)

    def forward(self, x, edge_index):
        h = self.drop(torch.relu(self.a(x, edge_index)))
        return self.b(h, edge_index)
