from dataclasses import dataclass


@dataclass
class Config:
    root: str = "/data/vimeo"
    batch_size: int = 4
    lr: float = 1e-4
    epochs: int = 50
