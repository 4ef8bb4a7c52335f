from torch.utils.data import DataLoader
from crowd import CrowdImages


class CrowdData:
    def __init__(self, root, batch):
        self.root, self.batch = root, batch

    def train_dataloader(self):
        return DataLoader(CrowdImages(self.root, "train"), self.batch, shuffle=True, drop_last=True, num_workers=4)

    def val_dataloader(self):
        return DataLoader(CrowdImages(self.root, "val"), self.batch, drop_last=True, num_workers=4)  # HERE
