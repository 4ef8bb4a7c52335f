import os
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler
from data import split
from retina import Fundus


class Job:
    def __init__(self):
        dist.init_process_group("nccl")
        self.local = int(os.environ["LOCAL_RANK"])
        torch.cuda.set_device(self.local)
        train, val = split(Fundus("aptos"), 0.1)
        self.sampler = DistributedSampler(train)
        self.train_dl = DataLoader(train, batch_size=32, sampler=self.sampler)
        self.val_dl = DataLoader(val, batch_size=64)
        net = nn.Sequential(nn.Conv2d(3, 32, 7, stride=4), nn.ReLU(), nn.Conv2d(32, 64, 5, stride=4), nn.ReLU(),
                            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 5)).cuda()
        self.net = DistributedDataParallel(net, device_ids=[self.local])
        self.opt = torch.optim.AdamW(self.net.parameters(), lr=5e-4)

    def run(self, epochs):
        for epoch in range(epochs):
            self.sampler.set_epoch(epoch)
            self.net.train()
            for x, y in self.train_dl:
                self.opt.zero_grad()
                nn.functional.cross_entropy(self.net(x.cuda()), y.cuda()).backward()
                self.opt.step()
            self.net.eval()
            with torch.no_grad():
                ok = sum((self.net.module(x.cuda()).argmax(1).cpu() == y).sum().item() for x, y in self.val_dl)
            if self.local == 0:
                print(epoch, ok / len(self.val_dl.dataset))


Job().run(15)
dist.destroy_process_group()
