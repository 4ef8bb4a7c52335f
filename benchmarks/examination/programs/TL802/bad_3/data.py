from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler


def distributed_loader(data, batch_size, train):
    sampler = DistributedSampler(data, shuffle=train)
    return DataLoader(data, batch_size=batch_size, sampler=sampler, num_workers=4)
