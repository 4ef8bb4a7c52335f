import torch


def padding_mask(lengths, size):
    steps = torch.arange(size, device=lengths.device)
    return (steps[None] >= lengths[:, None]).float()
