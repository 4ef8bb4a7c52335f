import os
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler

dist.init_process_group("nccl")
local = int(os.environ["LOCAL_RANK"])
torch.cuda.set_device(local)
d = torch.load("speech_emb.pt", map_location="cpu")
train_set, val_set = TensorDataset(*d["train"]), TensorDataset(*d["val"])
train_dl = DataLoader(train_set, batch_size=64, sampler=DistributedSampler(train_set, shuffle=True))
val_dl = DataLoader(val_set, batch_size=64, sampler=DistributedSampler(val_set, shuffle=False))
net = DDP(nn.Sequential(nn.Linear(512, 256), nn.ReLU(), nn.Dropout(0.1), nn.Linear(256, 50)).cuda(), device_ids=[local])
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(20):
    train_dl.sampler.set_epoch(epoch)
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x.cuda()), y.cuda())
        loss.backward()
        opt.step()
    net.eval()
    counts = torch.zeros(2, device="cuda")
    with torch.no_grad():
        for x, y in val_dl:
            counts += torch.tensor([(net(x.cuda()).argmax(1).cpu() == y).sum().item(), len(y)], device="cuda")
    dist.all_reduce(counts)
    if dist.get_rank() == 0:
        print(epoch, (counts[0] / counts[1]).item())
dist.destroy_process_group()
