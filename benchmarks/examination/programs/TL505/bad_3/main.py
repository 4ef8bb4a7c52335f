import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader
from cardiac import Acdc, UNet
from metrics import mean_dice


class CardiacTrainer:
    def __init__(self):
        self.net = UNet(1, 4)
        self.opt = torch.optim.AdamW(self.net.parameters(), lr=1e-3)
        self.sched = ReduceLROnPlateau(self.opt, mode="min", patience=4)
        self.train_dl = DataLoader(Acdc("train"), batch_size=8, shuffle=True, drop_last=True)
        self.val_dl = DataLoader(Acdc("val"), batch_size=8)

    def fit(self, epochs):
        for epoch in range(epochs):
            self.net.train()
            for image, mask in self.train_dl:
                self.opt.zero_grad()
                nn.functional.cross_entropy(self.net(image), mask).backward()
                self.opt.step()
            dice = mean_dice(self.net, self.val_dl, 4)
            self.sched.step(dice)  # HERE
            print(epoch, dice)


CardiacTrainer().fit(100)
