import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("qa_pairs.pt")
loader = DataLoader(TensorDataset(d["q"], d["docs"], d["gold"]), batch_size=32, shuffle=True)


class Reader(nn.Module):
    """One score per document; the softmax runs over documents, so the last layer has width 1."""

    def __init__(self, dim=768):
        super().__init__()
        self.mix = nn.Linear(2 * dim, 256)
        self.score = nn.Linear(256, 1)

    def forward(self, q, docs):
        pair = torch.cat([q.unsqueeze(1).expand_as(docs), docs], dim=-1)
        return self.score(self.mix(pair).tanh()).squeeze(-1)


net = Reader()
opt = torch.optim.AdamW(net.parameters(), lr=1e-4)
for epoch in range(10):
    for q, docs, gold in loader:
        opt.zero_grad()
        logits = net(q, docs)
        loss = nn.functional.cross_entropy(logits, gold)
        loss.backward()
        opt.step()
    with torch.no_grad():
        spread = torch.softmax(logits, -1).max(-1).values.mean().item()
    print(epoch, loss.item(), spread)
