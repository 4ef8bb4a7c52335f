import os
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, DistributedSampler
from torchvision import models
from buildings import Aerial

dist.init_process_group("nccl")
rank = int(os.environ["LOCAL_RANK"])
torch.cuda.set_device(rank)
model = models.segmentation.deeplabv3_resnet101(num_classes=2).cuda()
model = DDP(model, device_ids=[rank])  # HERE
dataset = Aerial("train")
sampler = DistributedSampler(dataset)
loader = DataLoader(dataset, batch_size=4, sampler=sampler, num_workers=8, drop_last=True)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
model.train()
for epoch in range(40):
    sampler.set_epoch(epoch)
    for image, mask in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(image.cuda())["out"], mask.cuda())
        loss.backward()
        optimizer.step()
    if rank == 0:
        print(epoch, loss.item())
dist.destroy_process_group()
