import lightning as L
import torch
from torch.utils.data import DataLoader
from module import Restorer
from sidd import NoisyPairs

torch.manual_seed(7)
trainer = L.Trainer(max_epochs=50, precision="bf16-mixed")
trainer.fit(Restorer(), DataLoader(NoisyPairs("sidd"), batch_size=2, shuffle=True, num_workers=4))
