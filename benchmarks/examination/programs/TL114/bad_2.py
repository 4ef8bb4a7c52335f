import argparse
import math
import torch
from torch import nn
import torch.nn.functional as F


class CausalSelfAttention(nn.Module):
    def __init__(self, dim, heads, ctx):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.register_buffer("mask", torch.tril(torch.ones(ctx, ctx)).bool())

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = [z.view(b, t, self.heads, -1).transpose(1, 2) for z in self.qkv(x).chunk(3, dim=-1)]
        att = q @ k.transpose(-2, -1) / math.sqrt(d / self.heads)
        att.masked_fill(~self.mask[:t, :t], float("-inf"))  # HERE
        att = att.softmax(dim=-1)
        return self.out((att @ v).transpose(1, 2).reshape(b, t, d))


class MusicLM(nn.Module):
    def __init__(self, vocab, dim, heads, depth, ctx):
        super().__init__()
        self.tok, self.pos = nn.Embedding(vocab, dim), nn.Embedding(ctx, dim)
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(depth))
        self.atts = nn.ModuleList(CausalSelfAttention(dim, heads, ctx) for _ in range(depth))
        self.head = nn.Linear(dim, vocab)

    def forward(self, ids):
        x = self.tok(ids) + self.pos(torch.arange(ids.size(1), device=ids.device))
        for norm, att in zip(self.norms, self.atts):
            x = x + att(norm(x))
        return self.head(x)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--events", default="maestro.pt")
    ap.add_argument("--steps", type=int, default=20000)
    args = ap.parse_args()
    events = torch.load(args.events)
    lm = MusicLM(388, 256, 8, 4, 256)
    opt = torch.optim.AdamW(lm.parameters(), lr=3e-4)
    for _ in range(args.steps):
        at = torch.randint(len(events) - 257, (16,))
        ids = torch.stack([events[i:i + 257] for i in at])
        loss = F.cross_entropy(lm(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
        opt.zero_grad()
        loss.backward()
        opt.step()


if __name__ == "__main__":
    main()
