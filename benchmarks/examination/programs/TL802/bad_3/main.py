import os
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from data import distributed_loader
from ecg import Beats


class DistTrainer:
    def __init__(self):
        dist.init_process_group("nccl")
        self.local = int(os.environ["LOCAL_RANK"])
        torch.cuda.set_device(self.local)
        net = nn.Sequential(nn.Conv1d(12, 64, 15, stride=3), nn.GELU(), nn.Conv1d(64, 64, 9, stride=3), nn.GELU(),
                            nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(64, 27)).cuda()
        self.net = DistributedDataParallel(net, device_ids=[self.local])
        self.opt = torch.optim.AdamW(self.net.parameters(), lr=1e-3)
        self.train_dl = distributed_loader(Beats("train"), 128, train=True)

    def run(self, epochs):
        for epoch in range(epochs):  # HERE
            self.net.train()
            for beat, rhythm in self.train_dl:
                self.opt.zero_grad()
                loss = nn.functional.binary_cross_entropy_with_logits(self.net(beat.cuda()), rhythm.cuda().float())
                loss.backward()
                self.opt.step()
            if self.local == 0:
                torch.save(self.net.module.state_dict(), f"beats_{epoch}.pt")


trainer = DistTrainer()
trainer.run(40)
dist.destroy_process_group()
