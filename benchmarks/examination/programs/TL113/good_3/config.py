from dataclasses import dataclass


@dataclass
class MaeConfig:
    keep: float = 0.25
    hidden_dropout: float = 0.1
    survival: float = 0.9
    dim: int = 256
    depth: int = 6
    patches: int = 196

    @property
    def drop_path(self):
        return 1.0 - self.survival
