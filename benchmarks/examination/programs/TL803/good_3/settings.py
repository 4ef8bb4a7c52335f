from dataclasses import dataclass


@dataclass(frozen=True)
class Loading:
    batch_size: int = 32
    shuffle: bool = False
    drop_last: bool = False
    num_workers: int = 4


TRAIN = Loading(shuffle=True, drop_last=True)
VALID = Loading(batch_size=64)
