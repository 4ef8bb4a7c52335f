from functools import partial
from torch.utils.data import DataLoader

TrainLoader = partial(DataLoader, shuffle=True, drop_last=True, num_workers=4, pin_memory=True)
EvalLoader = partial(DataLoader, num_workers=4, pin_memory=True)
