import os
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, DistributedSampler
from torchvision import models
from agriculture import Fields

dist.init_process_group("nccl")
local = int(os.environ["LOCAL_RANK"])
torch.cuda.set_device(local)
net = models.segmentation.fcn_resnet50(num_classes=9).cuda()
net = nn.SyncBatchNorm.convert_sync_batchnorm(net)
net = DDP(net, device_ids=[local])
data = Fields("train")
sampler = DistributedSampler(data)
loader = DataLoader(data, batch_size=4, sampler=sampler, num_workers=4, drop_last=True)
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
net.train()
for epoch in range(50):
    sampler.set_epoch(epoch)
    for image, mask in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(image.cuda())["out"], mask.cuda())
        loss.backward()
        opt.step()
    if local == 0:
        print(epoch, loss.item())
dist.destroy_process_group()
