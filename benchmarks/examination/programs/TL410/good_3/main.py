import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from engine import Compute, take_step

kg = torch.load("fb15k.pt")


class TransE(nn.Module):
    def __init__(self, entities, relations, dim=100):
        super().__init__()
        self.e, self.r = nn.Embedding(entities, dim), nn.Embedding(relations, dim)

    def score(self, h, r, t):
        return (self.e(h) + self.r(r) - self.e(t)).norm(p=1, dim=-1)

    def loss(self, triple):
        h, r, t = triple.unbind(dim=1)
        fake = torch.randint_like(t, self.e.num_embeddings)
        return torch.relu(1 + self.score(h, r, t) - self.score(h, r, fake)).mean()


net = TransE(kg["n_entities"], kg["n_relations"])
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(100):
    for (triple,) in DataLoader(TensorDataset(kg["triples"]), batch_size=1024, shuffle=True):
        job = Compute(net.loss, triple)
        take_step(opt, job)
    print(epoch, job.last)
