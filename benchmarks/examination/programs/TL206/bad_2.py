import argparse
import os
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler
from video3d import Actions


class C3D(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.c1 = nn.Conv3d(3, 64, 3, stride=2, bias=False)
        self.b1 = nn.BatchNorm3d(64)
        self.c2 = nn.Conv3d(64, 128, 3, stride=2, bias=False)
        self.b2 = nn.BatchNorm3d(128)
        self.fc = nn.Linear(128, classes)

    def forward(self, x):
        x = F.relu(self.b1(self.c1(x)))
        x = F.relu(self.b2(self.c2(x)))
        return self.fc(x.mean(dim=(2, 3, 4)))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--clips-per-gpu", type=int, default=4)
    ap.add_argument("--epochs", type=int, default=30)
    args = ap.parse_args()
    dist.init_process_group("nccl")
    gpu = int(os.environ["LOCAL_RANK"])
    torch.cuda.set_device(gpu)
    net = DistributedDataParallel(C3D(101).cuda(), device_ids=[gpu])  # HERE
    data = Actions("ucf101")
    sampler = DistributedSampler(data)
    loader = DataLoader(data, args.clips_per_gpu, sampler=sampler, num_workers=6, drop_last=True)
    opt = torch.optim.AdamW(net.parameters(), lr=3e-4)
    net.train()
    for epoch in range(args.epochs):
        sampler.set_epoch(epoch)
        for clip, action in loader:
            loss = F.cross_entropy(net(clip.cuda()), action.cuda())
            opt.zero_grad()
            loss.backward()
            opt.step()
        if gpu == 0:
            print(epoch, loss.item())
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
