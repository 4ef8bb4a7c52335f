import os
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from captions import WebPairs, DualEncoder
from data import EpochLoader

rank = int(os.environ.get("LOCAL_RANK", -1))
if rank >= 0:
    dist.init_process_group("nccl")
    torch.cuda.set_device(rank)
net = DualEncoder(dim=256).cuda()
if rank >= 0:
    net = DistributedDataParallel(net, device_ids=[rank])
opt = torch.optim.AdamW(net.parameters(), lr=5e-4)
net.train()
for epoch, loader in EpochLoader(WebPairs("cc3m"), batch_size=128).epochs(30):
    for image, text in loader:
        sim = net(image.cuda(), text.cuda())
        gold = torch.arange(len(sim), device="cuda")
        loss = nn.functional.cross_entropy(sim, gold)
        opt.zero_grad()
        loss.backward()
        opt.step()
if rank >= 0:
    dist.destroy_process_group()
