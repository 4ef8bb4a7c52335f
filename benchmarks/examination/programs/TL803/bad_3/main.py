import torch
from torch import nn
from datamodule import CrowdData
from crowd import Csrnet


class Counter:
    def __init__(self, data):
        self.net = Csrnet().cuda()
        self.opt = torch.optim.AdamW(self.net.parameters(), lr=1e-5)
        self.train_dl, self.val_dl = data.train_dataloader(), data.val_dataloader()

    def fit(self, epochs):
        for epoch in range(epochs):
            self.net.train()
            for image, density in self.train_dl:
                self.opt.zero_grad()
                nn.functional.mse_loss(self.net(image.cuda()), density.cuda()).backward()
                self.opt.step()
            print(epoch, self.mae())

    @torch.no_grad()
    def mae(self):
        self.net.eval()
        err = [(self.net(i.cuda()).sum((1, 2, 3)).cpu() - d.sum((1, 2, 3))).abs().mean().item() for i, d in self.val_dl]
        return sum(err) / len(err)


Counter(CrowdData("shanghai_a", 8)).fit(200)
