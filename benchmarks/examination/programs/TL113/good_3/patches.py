import torch
from pathlib import Path
from torch.utils.data import Dataset


class PatchFolder(Dataset):
    def __init__(self, root):
        self.files = sorted(Path(root).rglob("*.pt"))

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        return torch.load(self.files[i]).float()
