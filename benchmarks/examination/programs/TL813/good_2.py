"""Rank 0 draws the split and broadcasts it."""
import argparse
import os
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, DistributedSampler, Subset
from galaxies import Galaxies


def shared_permutation(n, device):
    order = torch.empty(n, dtype=torch.long, device=device)
    if dist.get_rank() == 0:
        order.copy_(torch.randperm(n))
    dist.broadcast(order, src=0)
    return order.tolist()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--held-out", type=float, default=0.1)
    ap.add_argument("--epochs", type=int, default=30)
    args = ap.parse_args()
    dist.init_process_group("nccl")
    local = int(os.environ["LOCAL_RANK"])
    torch.cuda.set_device(local)
    data = Galaxies("gz2")
    order = shared_permutation(len(data), torch.device("cuda", local))
    train = Subset(data, order[int(len(order) * args.held_out):])
    sampler = DistributedSampler(train, shuffle=True)
    net = nn.Sequential(nn.Conv2d(3, 48, 7, stride=4), nn.GELU(), nn.Conv2d(48, 96, 5, stride=4), nn.GELU(),
                        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(96, 37)).cuda()
    net = DDP(net, device_ids=[local])
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        sampler.set_epoch(epoch)
        for image, votes in DataLoader(train, 64, sampler=sampler, num_workers=4):
            loss = F.mse_loss(net(image.cuda()).sigmoid(), votes.cuda())
            opt.zero_grad()
            loss.backward()
            opt.step()
        if dist.get_rank() == 0:
            print(epoch, loss.item())
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
