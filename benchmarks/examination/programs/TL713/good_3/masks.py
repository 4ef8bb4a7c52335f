import torch
from torch import nn


def causal_mask(n):
    return nn.Transformer.generate_square_subsequent_mask(n)


def extended(mask, dtype):
    """1/0 padding mask of the tokenizer to an additive one."""
    mask = mask[:, None, None, :].to(dtype)
    return (1.0 - mask) * torch.finfo(dtype).min
