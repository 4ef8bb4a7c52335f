import torch
from torch.utils.data import Dataset


class Bags(Dataset):
    """One item holds 64 crops of one slide, so a loader's batch of 1 is 64 samples to the network."""

    def __init__(self, index, crops=64):
        self.index, self.crops = torch.load(index), crops

    def __len__(self):
        return len(self.index)

    def __getitem__(self, i):
        slide = torch.load(self.index[i]["file"])
        pick = torch.randperm(len(slide))[: self.crops]
        return slide[pick].float(), self.index[i]["grade"]


def first(batch):
    return batch[0]
