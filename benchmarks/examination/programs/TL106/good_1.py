"""Contrastive sentence embeddings: dropout is the augmentation."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader


class Encoder(nn.Module):
    def __init__(self, vocab=30000, dim=256, p=0.1):
        super().__init__()
        self.emb = nn.EmbeddingBag(vocab, dim)
        self.proj = nn.Linear(dim, dim)
        self.p = p

    def forward(self, ids):
        h = F.dropout(self.emb(ids), p=self.p, training=self.training)
        return F.normalize(F.dropout(self.proj(h), self.p, self.training), dim=-1)


def info_nce(a, b, tau=0.05):
    sim = a @ b.t() / tau
    return F.cross_entropy(sim, torch.arange(len(a), device=a.device))


ids = torch.load("wiki_ids.pt")
loader = DataLoader(ids, batch_size=256, shuffle=True)
encoder = Encoder()
opt = torch.optim.Adam(encoder.parameters(), lr=1e-3)
encoder.train()
for epoch in range(3):
    for batch in loader:
        loss = info_nce(encoder(batch), encoder(batch))
        opt.zero_grad()
        loss.backward()
        opt.step()
torch.save(encoder.state_dict(), "encoder.pt")
