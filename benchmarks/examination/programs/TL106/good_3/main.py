import torch
import torch.nn.functional as F
from torch import nn
from layers import Block


class CharGPT(nn.Module):
    def __init__(self, vocab, dim=192, depth=4, ctx=128):
        super().__init__()
        self.tok, self.pos = nn.Embedding(vocab, dim), nn.Embedding(ctx, dim)
        self.blocks = nn.Sequential(*[Block(dim, 6) for _ in range(depth)])
        self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, vocab)

    def forward(self, idx):
        pos = torch.arange(idx.size(1), device=idx.device)
        return self.head(self.norm(self.blocks(self.tok(idx) + self.pos(pos))))


text = open("tiny.txt").read()
chars = sorted(set(text))
data = torch.tensor([chars.index(c) for c in text])
gpt = CharGPT(len(chars))
opt = torch.optim.AdamW(gpt.parameters(), lr=3e-4)
gpt.train()
for step in range(5000):
    start = torch.randint(len(data) - 129, (32,))
    chunk = torch.stack([data[s:s + 129] for s in start])
    loss = F.cross_entropy(gpt(chunk[:, :-1]).flatten(0, 1), chunk[:, 1:].flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
torch.save(gpt.state_dict(), "gpt.pt")
