"""Find the learning rate of a small network on scikit-learn's digits, and look at its schedule before training.

`python examples/learning_rate.py [FOLDER]` prints both, and draws them into FOLDER.
"""

import sys
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
from torch.utils.data import DataLoader, TensorDataset

import trainlint

EPOCHS = 20

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(images, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(labels))
loader = DataLoader(data, batch_size=32, shuffle=True, drop_last=True)
model = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1, bias=False),
    nn.BatchNorm2d(32),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(512, 10),
)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()

found = trainlint.find_lr(model, optimizer, criterion, loader)
print(found)

for group in optimizer.param_groups:
    group["lr"] = found.suggestion
steps = EPOCHS * len(loader)
warmup = steps // 20
scheduler = SequentialLR(
    optimizer,
    # `T_max` should be `steps - warmup`: the preview says what becomes of this one.
    [LinearLR(optimizer, 0.01, total_iters=warmup), CosineAnnealingLR(optimizer, steps // 2)],
    milestones=[warmup],
)
preview = trainlint.preview_schedule(scheduler, steps)
print(f"\n{preview}")

if len(sys.argv) > 1:
    found.save(Path(sys.argv[1], "find_lr.svg"))
    preview.save(Path(sys.argv[1], "schedule.svg"))
