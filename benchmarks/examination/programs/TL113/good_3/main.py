import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.ops import StochasticDepth
from config import MaeConfig
from patches import PatchFolder


class Block(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.norm = nn.LayerNorm(cfg.dim)
        self.mlp = nn.Sequential(nn.Linear(cfg.dim, 4 * cfg.dim), nn.GELU(),
                                 nn.Dropout(cfg.hidden_dropout), nn.Linear(4 * cfg.dim, cfg.dim))
        self.att = nn.MultiheadAttention(cfg.dim, 8, dropout=cfg.hidden_dropout, batch_first=True)
        self.path = StochasticDepth(p=cfg.drop_path, mode="row")

    def forward(self, x):
        n = self.norm(x)
        x = x + self.path(self.att(n, n, n, need_weights=False)[0])
        return x + self.path(self.mlp(x))


class MaskedAutoencoder(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg
        self.inp = nn.Linear(768, cfg.dim)
        self.pos = nn.Parameter(torch.randn(1, cfg.patches, cfg.dim) * 0.02)
        self.blocks = nn.Sequential(*[Block(cfg) for _ in range(cfg.depth)])
        self.out = nn.Linear(cfg.dim, 768)

    def forward(self, patches):
        seen = torch.rand(patches.shape[:2]) < self.cfg.keep
        z = self.inp(patches * seen.unsqueeze(-1)) + self.pos
        recon = self.out(self.blocks(z))
        return ((recon - patches) ** 2).mean(-1)[~seen].mean()


mae = MaskedAutoencoder(MaeConfig())
opt = torch.optim.AdamW(mae.parameters(), lr=1.5e-4, betas=(0.9, 0.95))
mae.train()
for step, patches in enumerate(DataLoader(PatchFolder("imagenet100"), batch_size=64, shuffle=True)):
    loss = mae(patches)
    opt.zero_grad()
    loss.backward()
    opt.step()
