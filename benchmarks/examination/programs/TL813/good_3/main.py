import os
import torch
import torch.distributed as dist
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, Subset
from torch.utils.data.distributed import DistributedSampler
from common import seed_all, worker_init
from speech import Clips

SEED = 2024
dist.init_process_group("nccl")
rank = dist.get_rank()
torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
seed_all(SEED)
clips = Clips("emotions")
train_idx, _ = train_test_split(range(len(clips)), test_size=0.2, random_state=SEED)
train = Subset(clips, train_idx)
sampler = DistributedSampler(train, num_replicas=dist.get_world_size(), rank=rank, shuffle=True)
loader = DataLoader(train, batch_size=32, sampler=sampler, num_workers=4, worker_init_fn=worker_init(rank))
net = DDP(nn.Sequential(nn.Linear(768, 256), nn.ReLU(), nn.Linear(256, 8)).cuda())
opt = torch.optim.AdamW(net.parameters(), lr=5e-4)
for epoch in range(15):
    sampler.set_epoch(epoch)
    for x, y in loader:
        loss = nn.functional.cross_entropy(net(x.cuda()), y.cuda())
        opt.zero_grad()
        loss.backward()
        opt.step()
dist.destroy_process_group()
