import argparse
from dataclasses import dataclass
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, SequentialLR
from torch.utils.data import DataLoader
from volcano import Tremor


@dataclass
class Plan:
    epochs: int
    hold: int
    floor: float = 1e-6

    @property
    def decay(self):
        return self.epochs - self.hold


def schedule_of(opt, plan):
    hold = ConstantLR(opt, factor=1.0, total_iters=plan.hold)
    decay = CosineAnnealingLR(opt, T_max=plan.decay, eta_min=plan.floor)
    return SequentialLR(opt, schedulers=[hold, decay], milestones=[plan.hold])


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=80)
    ap.add_argument("--hold", type=int, default=20)
    args = ap.parse_args()
    plan = Plan(args.epochs, args.hold)
    net = nn.Sequential(nn.Conv1d(3, 32, 9, stride=2), nn.ReLU(), nn.Conv1d(32, 64, 9, stride=2), nn.ReLU(),
                        nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(64, 4))
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    schedule = schedule_of(opt, plan)
    loader = DataLoader(Tremor("etna"), batch_size=64, shuffle=True)
    for epoch in range(plan.epochs):
        for x, y in loader:
            opt.zero_grad()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            opt.step()
        schedule.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
