import os
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel


def init():
    dist.init_process_group("nccl")
    local = int(os.environ["LOCAL_RANK"])
    torch.cuda.set_device(local)
    return local


def wrap(net, local):
    return DistributedDataParallel(net.cuda(local), device_ids=[local])  # HERE
