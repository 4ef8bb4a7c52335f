"""Predictive uncertainty with Monte-Carlo dropout."""
import argparse
import numpy as np
import torch
from torch import nn


class Regressor(nn.Module):
    def __init__(self, n_in, width=128, p=0.1):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(n_in, width), nn.ReLU(), nn.Dropout(p),
            nn.Linear(width, width), nn.ReLU(), nn.Dropout(p))
        self.head = nn.Linear(width, 1)

    def forward(self, x):
        return self.head(self.body(x)).squeeze(-1)


def enable_mc_dropout(module):
    for sub in module.modules():
        if isinstance(sub, nn.Dropout):
            sub.train()


@torch.no_grad()
def mc_predict(module, x, n_samples):
    module.eval()
    enable_mc_dropout(module)
    draws = torch.stack([module(x) for _ in range(n_samples)])
    return draws.mean(0), draws.std(0)


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--weights", required=True)
    ap.add_argument("--table", required=True)
    ap.add_argument("--samples", type=int, default=50)
    cli = ap.parse_args()
    x = torch.from_numpy(np.load(cli.table)).float()
    regressor = Regressor(x.shape[1])
    regressor.load_state_dict(torch.load(cli.weights, map_location="cpu"))
    mean, std = mc_predict(regressor, x, cli.samples)
    np.savez("prediction.npz", mean=mean.numpy(), std=std.numpy())
