import torch
from torch import nn
from torch.utils.data import DataLoader
from base import BaseTrainer
from pairs import NliPairs


class Siamese(nn.Module):
    def __init__(self, vocab=30000, dim=200):
        super().__init__()
        self.emb = nn.EmbeddingBag(vocab, dim)
        self.cls = nn.Sequential(nn.Linear(3 * dim, dim), nn.ReLU(), nn.Linear(dim, 3))

    def forward(self, a, b):
        u, v = self.emb(a), self.emb(b)
        return self.cls(torch.cat([u, v, (u - v).abs()], dim=-1))


class NliTrainer(BaseTrainer):
    def compute_loss(self, batch):
        a, b, y = (t.cuda() for t in batch)
        return nn.functional.cross_entropy(self.net(a, b), y)


net = Siamese().cuda()
NliTrainer(net, torch.optim.Adam(net.parameters(), lr=1e-3)).fit(
    DataLoader(NliPairs("snli"), batch_size=512, shuffle=True), epochs=8)
