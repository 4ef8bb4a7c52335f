import lightning as L
import torch
from torch import nn


class Denoise(L.LightningModule):
    def __init__(self, lr, epochs):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Conv1d(1, 64, 9, padding=4), nn.PReLU(), nn.Conv1d(64, 1, 9, padding=4))

    def training_step(self, batch, _):
        noisy, clean = batch
        loss = nn.functional.l1_loss(self.net(noisy), clean)
        self.log("train", loss)
        return loss

    def validation_step(self, batch, _):
        noisy, clean = batch
        self.log("val", nn.functional.l1_loss(self.net(noisy), clean))

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)
        sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=self.hparams.epochs)
        return {"optimizer": opt, "lr_scheduler": {"scheduler": sched, "interval": "epoch"}}
