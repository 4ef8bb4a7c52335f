from dataclasses import dataclass
from typing import Callable, Optional
import torch
import torch.nn.functional as F


@dataclass
class Stage:
    name: str
    enter: Callable
    finish: Optional[Callable] = None
    clear: Optional[Callable] = None

    @property
    def learns(self):
        return self.finish is not None


def run_stage(stage, net, loader):
    stage.enter()
    total = 0.0
    with torch.set_grad_enabled(stage.learns):
        for ids, label in loader:
            if stage.clear:
                stage.clear()
            loss = F.cross_entropy(net(ids), label)
            if stage.learns:
                loss.backward()
                stage.finish()
            total += loss.item()
    return total / len(loader)
