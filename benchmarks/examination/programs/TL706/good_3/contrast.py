import torch
import torch.nn.functional as F


def supervised(outputs, targets):
    return F.cross_entropy(outputs, targets)


def byol(targets, online):
    """`targets` come from the slow network, `online` from the fast one; the cosine is symmetric."""
    return 2 - 2 * F.cosine_similarity(targets, online, dim=-1).mean()


@torch.no_grad()
def sharpen(target, temperature):
    return (target / temperature).softmax(dim=-1)
