import random
import numpy as np
import torch


def seed_all(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def worker_init(rank):
    def init(worker):
        seed_all(10_000 * rank + worker)
    return init
