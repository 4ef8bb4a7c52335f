"""TL204: the running statistics of a frozen part still move."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.program.anatomy import frozen_with_batch_norm, path_to
from trainlint.program.query import Program
from trainlint.rule import Rule

# Copies that follow another network run in training mode on purpose: He et al., MoCo, CVPR 2020, section 3.3.
_FOLLOWS = re.compile(r"teacher|ema|momentum|target|(^|_|\.)(key|k)(_|$)", re.I)


class FrozenBatchnormStillUpdates(Rule):
    """Batch norm in a frozen part of a model still moves its running statistics.

    ## What it finds
    A part of a model, or a ready-made model of torchvision but for its new last layer, whose parameters all have
    `requires_grad = False`, while the model trains with all of it in training mode. `requires_grad` stops gradients;
    the running mean and variance are no parameters and follow each forward in training mode. Copies that follow
    another network by hand (momentum encoders, teachers) are left alone, and parts that are frozen only where an
    option says so.

    ## Why it hurts
    With the default momentum of 0.1 the statistics of pretraining have a weight of 0.9ⁿ after n batches: 10 % after
    22 batches and less than 1 % after 44. The frozen features are no longer those that were pretrained, they differ
    between training (batch statistics) and evaluation, and a head trained on features that were computed in advance
    does not fit them.

    ## What to do
    Put the frozen part in eval mode after each `model.train()`: `model.backbone.eval()`, best in an own `train` method
    of the model.

    ## When to ignore it
    When the statistics are meant to adapt to the new data.
    """

    code = "TL204"
    name = "frozen-batchnorm-still-updates"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html",
        "https://keras.io/guides/transfer_learning/#freezing-layers-understanding-the-trainable-attribute",
    )
    bad = """
import torch
from torch import nn
backbone = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.AdaptiveAvgPool2d(1), nn.Flatten())
for parameter in backbone.parameters():
    parameter.requires_grad = False
model = nn.Sequential(backbone, nn.Linear(8, 2))
optimizer = torch.optim.SGD(model[1].parameters(), lr=0.1)
dataset = torch.utils.data.TensorDataset(torch.randn(64, 3, 8, 8))
for epoch in range(2):
    model.train()
    for (images,) in torch.utils.data.DataLoader(dataset, batch_size=16, shuffle=True):
        optimizer.zero_grad()
        model(images).square().mean().backward()
        optimizer.step()
"""
    good = """
import torch
from torch import nn
backbone = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.AdaptiveAvgPool2d(1), nn.Flatten())
for parameter in backbone.parameters():
    parameter.requires_grad = False
model = nn.Sequential(backbone, nn.Linear(8, 2))
optimizer = torch.optim.SGD(model[1].parameters(), lr=0.1)
dataset = torch.utils.data.TensorDataset(torch.randn(64, 3, 8, 8))
for epoch in range(2):
    model.train()
    backbone.eval()
    for (images,) in torch.utils.data.DataLoader(dataset, batch_size=16, shuffle=True):
        optimizer.zero_grad()
        model(images).square().mean().backward()
        optimizer.step()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for forward in program.training():
            if not program.in_training_mode(forward.operation):
                continue
            call = forward.operation.call
            for part, layer in frozen_with_batch_norm(forward.model, forward.number):
                if _FOLLOWS.search(part.name):
                    continue
                path = path_to(part, forward.model)
                name = part.name.removeprefix("self.") or call if path is None else call + path
                frozen = program.frozen_at(part)
                related = [Related(layer.place, "its running statistics follow each batch")]
                if frozen is not None:
                    related.insert(0, Related(frozen, "frozen here"))
                yield self.finding(
                    forward.operation.location,
                    f"`{call}` runs the frozen `{name}` in training mode: its batch norm still adapts",
                    related=tuple(related),
                    evidence={"frozen": name, "training": True},
                    confidence=Confidence.HIGH,
                    fix=Fix(f"put `{name}` in eval mode after `train()`"),
                )
