import os
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset, random_split

dist.init_process_group("nccl")
local = int(os.environ["LOCAL_RANK"])
torch.cuda.set_device(local)
blob = torch.load("bearings.pt", map_location="cpu")
dataset = TensorDataset(blob["x"], blob["y"])
n_val = len(dataset) // 10
train_set, val_set = random_split(dataset, [len(dataset) - n_val, n_val])  # HERE
sampler = DistributedSampler(train_set)
train_dl = DataLoader(train_set, batch_size=64, sampler=sampler)
val_dl = DataLoader(val_set, batch_size=256)
net = DDP(nn.Sequential(nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)).cuda(), device_ids=[local])
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(20):
    sampler.set_epoch(epoch)
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x.cuda()), y.cuda()).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        acc = sum((net.module(x.cuda()).argmax(1).cpu() == y).sum().item() for x, y in val_dl) / n_val
    if dist.get_rank() == 0:
        print(epoch, acc)
dist.destroy_process_group()
