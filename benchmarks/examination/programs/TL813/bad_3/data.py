import torch
from torch.utils.data import Subset


def split(data, fraction):
    order = torch.randperm(len(data)).tolist()  # HERE
    cut = int(len(order) * (1 - fraction))
    return Subset(data, order[:cut]), Subset(data, order[cut:])
