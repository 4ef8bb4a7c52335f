import torch
from torch import nn
from torch_geometric.datasets import Planetoid
from torch_geometric.nn import GCNConv

dataset = Planetoid(root="data/cora", name="Cora")
graph = dataset[0]


class GCN(nn.Module):
    def __init__(self, hidden=16):
        super().__init__()
        self.conv1 = GCNConv(dataset.num_features, hidden)
        self.conv2 = GCNConv(hidden, dataset.num_classes)
        self.drop = nn.Dropout(0.5)

    def forward(self, x, edge_index):
        x = self.drop(self.conv1(x, edge_index).relu())
        return self.conv2(x, edge_index)


gcn = GCN()
opt = torch.optim.AdamW(gcn.parameters(), lr=0.01)
loss_fn = nn.CrossEntropyLoss()
stages = {"fit": True, "check": False}

best = 0.0
for epoch in range(200):
    for stage, training in stages.items():
        gcn.train(training)
        with torch.set_grad_enabled(training):
            scores = gcn(graph.x, graph.edge_index)
            if training:
                opt.zero_grad()
                loss_fn(scores[graph.train_mask], graph.y[graph.train_mask]).backward()
                opt.step()
            else:
                hit = scores[graph.val_mask].argmax(-1) == graph.y[graph.val_mask]
                best = max(best, hit.float().mean().item())
print(best)
