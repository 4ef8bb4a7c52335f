from torch import nn


class Adapters(nn.Module):
    """One bottleneck per language, created by `register` before the optimizer exists."""

    def __init__(self, dim, rank=32):
        super().__init__()
        self.dim, self.rank = dim, rank
        self.by_lang = nn.ModuleDict()

    def register(self, lang):
        self.by_lang[lang] = nn.Sequential(
            nn.LayerNorm(self.dim), nn.Linear(self.dim, self.rank), nn.GELU(),
            nn.Linear(self.rank, self.dim))

    def forward(self, hidden, lang):
        layer = self.by_lang[lang]
        return hidden + layer(hidden)
