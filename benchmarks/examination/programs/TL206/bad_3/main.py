import torch
import torch.distributed as dist
from torch import nn
from torch.utils.data import DataLoader, DistributedSampler
from ddp import init, wrap
from stereo import Pairs


class Disparity(nn.Module):
    def __init__(self, w=64):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(6, w, 5, padding=2, bias=False), nn.BatchNorm2d(w), nn.ReLU(),
                                 nn.Conv2d(w, w, 5, padding=2, bias=False), nn.BatchNorm2d(w), nn.ReLU(),
                                 nn.Conv2d(w, 1, 1))

    def forward(self, left, right):
        return self.net(torch.cat([left, right], 1)).squeeze(1)


class StereoTrainer:
    def __init__(self):
        self.local = init()
        self.net = wrap(Disparity(), self.local)
        data = Pairs("sceneflow")
        self.sampler = DistributedSampler(data)
        self.loader = DataLoader(data, batch_size=3, sampler=self.sampler, drop_last=True)
        self.opt = torch.optim.AdamW(self.net.parameters(), lr=1e-3)

    def run(self, epochs):
        self.net.train()
        for epoch in range(epochs):
            self.sampler.set_epoch(epoch)
            for left, right, disp in self.loader:
                loss = nn.functional.smooth_l1_loss(self.net(left.cuda(), right.cuda()), disp.cuda())
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()


StereoTrainer().run(20)
dist.destroy_process_group()
