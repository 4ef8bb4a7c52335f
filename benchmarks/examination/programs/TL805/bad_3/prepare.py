import torch
from torch.utils.data import TensorDataset, random_split


def normalise(x):
    return (x - x.mean(dim=0)) / (x.std(dim=0) + 1e-6)


def load(path, seed):
    blob = torch.load(path)
    x = normalise(blob["x"])  # HERE
    data = TensorDataset(x, blob["y"])
    n_val = len(data) // 5
    return random_split(data, [len(data) - n_val, n_val], generator=torch.Generator().manual_seed(seed))
