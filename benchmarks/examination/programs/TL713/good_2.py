import argparse
import torch
import torch.nn.functional as F
from torch import nn


def additive(n, window, device):
    """0 where attention is allowed, -inf elsewhere."""
    i = torch.arange(n, device=device)
    allowed = (i[:, None] >= i[None]) & (i[:, None] - i[None] < window)
    return torch.zeros(n, n, device=device).masked_fill(~allowed, float("-inf"))


def alibi(heads, n):
    slope = 2 ** (-8 * torch.arange(1, heads + 1) / heads)
    dist = torch.arange(n)[None, :] - torch.arange(n)[:, None]
    return slope[:, None, None] * dist.clamp(max=0)


class Local(nn.Module):
    def __init__(self, dim, heads, window):
        super().__init__()
        self.heads, self.window = heads, window
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (z.view(b, t, self.heads, -1).transpose(1, 2) for z in self.qkv(x).chunk(3, -1))
        bias = additive(t, self.window, x.device) + alibi(self.heads, t).to(x.device)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.out(y.transpose(1, 2).reshape(b, t, d))


class EventModel(nn.Module):
    def __init__(self, codes, dim, depth):
        super().__init__()
        self.emb = nn.Embedding(codes, dim)
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(depth))
        self.atts = nn.ModuleList(Local(dim, 8, 64) for _ in range(depth))
        self.out = nn.Linear(dim, codes)

    def forward(self, ids):
        x = self.emb(ids)
        for norm, att in zip(self.norms, self.atts):
            x = x + att(norm(x))
        return self.out(x)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--steps", type=int, default=10000)
    args = ap.parse_args()
    stream = torch.load("ehr.pt")
    net = EventModel(4000, 256, 4)
    opt = torch.optim.AdamW(net.parameters(), lr=3e-4)
    for _ in range(args.steps):
        at = torch.randint(len(stream) - 257, (16,))
        ids = torch.stack([stream[i:i + 257] for i in at])
        loss = F.cross_entropy(net(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
        opt.zero_grad()
        loss.backward()
        opt.step()


if __name__ == "__main__":
    main()
