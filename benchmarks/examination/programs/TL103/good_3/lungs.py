from pathlib import Path
import torch
from torch.utils.data import Dataset


class LungSlices(Dataset):
    def __init__(self, split):
        self.files = sorted(Path("lungs", split).glob("*.pt"))

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        item = torch.load(self.files[i])
        return item["scan"].float(), item["mask"].float()
