import torch
from torch.distributions import Normal, kl_divergence


def kl_div(p, q):
    """KL of two probability tables, rows are distributions."""
    return torch.special.xlogy(p, p / q.clamp_min(1e-8)).sum(-1).mean()


def gaussian(mu, log_std):
    return kl_divergence(Normal(mu, log_std.exp()), Normal(0.0, 1.0)).sum(-1).mean()
