import os
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset, random_split

dist.init_process_group("nccl")
rank, local = dist.get_rank(), int(os.environ["LOCAL_RANK"])
torch.cuda.set_device(local)
blob = torch.load("sensor_faults.pt", map_location="cpu")
torch.manual_seed(1234)
train_set, val_set = random_split(TensorDataset(blob["x"], blob["y"]), [0.9, 0.1])
net = DDP(nn.Sequential(nn.Linear(96, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 4)).cuda(), device_ids=[local])
torch.manual_seed(1234 + rank)
sampler = DistributedSampler(train_set, seed=7)
train_dl = DataLoader(train_set, batch_size=128, sampler=sampler)
val_dl = DataLoader(val_set, batch_size=512)
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(25):
    sampler.set_epoch(epoch)
    net.train()
    for x, y in train_dl:
        x = x.cuda() + 0.01 * torch.randn(x.shape, device="cuda")
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y.cuda()).backward()
        opt.step()
    if rank == 0:
        net.eval()
        with torch.no_grad():
            print(epoch, sum((net.module(x.cuda()).argmax(1).cpu() == y).sum().item() for x, y in val_dl) / len(val_set))
    dist.barrier()
dist.destroy_process_group()
