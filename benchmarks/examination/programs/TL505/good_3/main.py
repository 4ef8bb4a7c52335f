import lightning as L
import torch
from torch.utils.data import DataLoader, TensorDataset
from module import Orientation

d = torch.load("crystals.pt")
module = Orientation()
module.net(d["train"][0][:2])
L.Trainer(max_epochs=30).fit(
    module, DataLoader(TensorDataset(*d["train"]), batch_size=64, shuffle=True),
    DataLoader(TensorDataset(*d["val"]), batch_size=256))
