import torch.nn.functional as F
from torch import nn


def make_head(kind, dim, classes):
    if kind == "binary":
        return nn.Linear(dim, 1)
    return nn.Linear(dim, classes)


def loss_for(kind):
    if kind == "binary":
        return lambda out, y: F.binary_cross_entropy_with_logits(out.squeeze(1), y.float())
    return F.cross_entropy
