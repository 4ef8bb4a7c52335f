import torch
from torch.utils.data import DataLoader, Subset
from plates import PlateCrops


def loaders(root, batch):
    data = PlateCrops(root)
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(0)).tolist()
    n_val = len(order) // 10
    train = DataLoader(Subset(data, order), batch_size=batch, shuffle=True)
    val = DataLoader(Subset(data, order[:n_val]), batch_size=batch)  # HERE
    return train, val
