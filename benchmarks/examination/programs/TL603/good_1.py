import itertools
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("summaries.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True)
encoder = nn.GRU(300, 128, batch_first=True)
pool = nn.Linear(128, 1)
head = nn.Linear(128, 9)
frozen = nn.Embedding.from_pretrained(d["glove"], freeze=True)
modules = [encoder, pool, head]
opt = torch.optim.AdamW(itertools.chain.from_iterable(m.parameters() for m in modules), lr=1e-3)
for epoch in range(12):
    for ids, y in loader:
        h, _ = encoder(frozen(ids))
        weight = pool(h).softmax(dim=1)
        loss = nn.functional.cross_entropy(head((weight * h).sum(1)), y)
        opt.zero_grad()
        loss.backward()
        for m in modules:
            nn.utils.clip_grad_norm_(m.parameters(), 1.0)
        opt.step()
    print(epoch, loss.item())
