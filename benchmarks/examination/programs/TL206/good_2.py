"""256 images a rank: the local statistics are good enough."""
import argparse
import os
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, DistributedSampler
from torchvision import datasets, models, transforms


def get_loader(root, per_rank):
    tf = transforms.Compose([transforms.RandomResizedCrop(176), transforms.RandomHorizontalFlip(), transforms.ToTensor(),
                             transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    data = datasets.ImageFolder(root, tf)
    return DataLoader(data, per_rank, sampler=DistributedSampler(data), num_workers=12, pin_memory=True, drop_last=True)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--root", default="/data/imagenet/train")
    ap.add_argument("--per-rank", type=int, default=256)
    ap.add_argument("--epochs", type=int, default=90)
    args = ap.parse_args()
    dist.init_process_group("nccl")
    local = int(os.environ["LOCAL_RANK"])
    torch.cuda.set_device(local)
    net = DDP(models.resnet50().cuda(), device_ids=[local])
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-5)
    loader = get_loader(args.root, args.per_rank)
    net.train()
    for epoch in range(args.epochs):
        loader.sampler.set_epoch(epoch)
        for image, label in loader:
            opt.zero_grad(set_to_none=True)
            loss = F.cross_entropy(net(image.cuda(non_blocking=True)), label.cuda(non_blocking=True))
            loss.backward()
            opt.step()
        if dist.get_rank() == 0:
            torch.save(net.module.state_dict(), f"rn50_{epoch}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
