import lightning as L
import torch
from torch import nn


class Restorer(L.LightningModule):
    def __init__(self, accumulate=8):
        super().__init__()
        self.automatic_optimization = False
        self.accumulate = accumulate
        self.net = nn.Sequential(nn.Conv2d(3, 48, 3, padding=1), nn.ReLU(), nn.Conv2d(48, 3, 3, padding=1))

    def configure_optimizers(self):
        return torch.optim.AdamW(self.net.parameters(), lr=2e-4)

    def training_step(self, batch, batch_idx):
        noisy, clean = batch
        opt = self.optimizers()
        loss = nn.functional.l1_loss(self.net(noisy), clean)
        self.manual_backward(loss / self.accumulate)
        if (batch_idx + 1) % self.accumulate == 0 or self.trainer.is_last_batch:
            opt.step()
            opt.zero_grad()
        self.log("train_l1", loss)
