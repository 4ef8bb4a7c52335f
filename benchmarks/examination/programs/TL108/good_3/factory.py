from torch import nn


class Head(nn.Module):
    def __init__(self, dim, out):
        super().__init__()
        self.body = nn.Sequential(nn.LayerNorm(dim), nn.Dropout(0.1), nn.Linear(dim, out))

    def forward(self, x):
        return self.body(x)


def make_heads(dim, sizes):
    return {task: Head(dim, n) for task, n in sizes.items()}


def make_trunk(d_in, dim, depth):
    parts = [nn.Linear(d_in, dim)]
    for _ in range(depth):
        parts.append(nn.GELU())
        parts.append(nn.Linear(dim, dim))
    return parts
