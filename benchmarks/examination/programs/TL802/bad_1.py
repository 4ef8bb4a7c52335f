import os
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, DistributedSampler
from torchvision import datasets, transforms

dist.init_process_group(backend="nccl")
rank = int(os.environ["LOCAL_RANK"])
torch.cuda.set_device(rank)
tf = transforms.Compose([transforms.RandomResizedCrop(224), transforms.ToTensor(),
                         transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
dataset = datasets.ImageFolder("/data/imagenet100/train", tf)
sampler = DistributedSampler(dataset)
loader = DataLoader(dataset, batch_size=64, sampler=sampler, num_workers=8, pin_memory=True)
net = nn.Sequential(nn.Conv2d(3, 64, 16, stride=16), nn.GELU(), nn.Flatten(), nn.Linear(64 * 196, 100)).cuda()
net = DDP(net, device_ids=[rank])
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(90):  # HERE
    for images, labels in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(images.cuda()), labels.cuda())
        loss.backward()
        optimizer.step()
    if rank == 0:
        print(epoch, loss.item())
dist.destroy_process_group()
