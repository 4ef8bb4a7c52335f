import torch.distributed as dist
from torch.utils.data import DataLoader, RandomSampler
from torch.utils.data.distributed import DistributedSampler


class EpochLoader:
    def __init__(self, data, batch_size):
        ddp = dist.is_available() and dist.is_initialized()
        self.sampler = DistributedSampler(data) if ddp else RandomSampler(data)
        self.loader = DataLoader(data, batch_size=batch_size, sampler=self.sampler, num_workers=4)

    def epochs(self, n):
        for epoch in range(n):
            self._announce(epoch)
            yield epoch, self.loader

    def _announce(self, epoch):
        if hasattr(self.sampler, "set_epoch"):
            self.sampler.set_epoch(epoch)
