from dataclasses import dataclass


@dataclass
class Config:
    batch: int = 128
    steps: int = 20_000
    lr: float = 3e-4
    epochs: int = 10
