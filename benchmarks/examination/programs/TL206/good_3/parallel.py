import os
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel


def start():
    dist.init_process_group("nccl")
    torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    return int(os.environ["LOCAL_RANK"])


def _synchronised(net):
    if dist.get_world_size() > 1:
        return nn.SyncBatchNorm.convert_sync_batchnorm(net)
    return net


def distribute(net, local):
    return DistributedDataParallel(_synchronised(net.cuda(local)), device_ids=[local])
