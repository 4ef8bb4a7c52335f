"""TL206: each rank normalises a small batch by itself."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Related, Severity, named
from trainlint.program.anatomy import ready_made_with_batch_norm
from trainlint.program.evaluation import batch_size
from trainlint.program.query import Program
from trainlint.rule import Rule

# Wu and He, Group Normalization, ECCV 2018, figure 1 and table 2: ImageNet error of a ResNet-50 with batch norm is
# 23.6 % at 32 samples per device, 24.8 % at 8, 27.3 % at 4 and 34.7 % at 2.
MIN_BATCH = 8


class SyncBatchnormMissing(Rule):
    """Batch norm under `DistributedDataParallel` normalises the small batch of each rank by itself.

    ## What it finds
    A model with batch norm, wrapped in `DistributedDataParallel` and trained on fewer than 8 samples per rank, that was
    not converted with `SyncBatchNorm.convert_sync_batchnorm`. `batch_size` of a loader counts the samples of one rank.

    ## Why it hurts
    The ranks average gradients, never batch statistics: with 8 ranks of 4 samples each mean and variance is estimated
    from 4 samples, although 32 were there. Measured by Wu and He on ImageNet with a ResNet-50, the error goes from
    23.6 % at 32 samples per device to 27.3 % at 4 and 34.7 % at 2.

    ## What to do
    `model = torch.nn.SyncBatchNorm.convert_sync_batchnorm(model)` before wrapping it; or `GroupNorm` in place of batch
    norm. Synchronising costs communication in each layer, and changes the keys of no checkpoint.

    ## When to ignore it
    When the batch norms are frozen, or each sample is itself many (patches, points or frames).
    """

    code = "TL206"
    name = "sync-batchnorm-missing"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.SyncBatchNorm.html",
        "Wu and He, Group Normalization, ECCV 2018, figure 1 and table 2",
    )
    bad = """
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
model = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.Flatten())
if torch.distributed.is_torchelastic_launched():
    torch.distributed.init_process_group("gloo")
    model = DistributedDataParallel(model)
dataset = torch.utils.data.TensorDataset(torch.randn(64, 3, 8, 8))
loader = torch.utils.data.DataLoader(dataset, batch_size=4, shuffle=True)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for (images,) in loader:
    optimizer.zero_grad()
    model(images).square().mean().backward()
    optimizer.step()
"""
    good = """
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
model = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.Flatten())
if torch.distributed.is_torchelastic_launched():
    torch.distributed.init_process_group("gloo")
    model = DistributedDataParallel(nn.SyncBatchNorm.convert_sync_batchnorm(model))
dataset = torch.utils.data.TensorDataset(torch.randn(64, 3, 8, 8))
loader = torch.utils.data.DataLoader(dataset, batch_size=4, shuffle=True)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for (images,) in loader:
    optimizer.zero_grad()
    model(images).square().mean().backward()
    optimizer.step()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for feed in program.feeds_training():
            wrap, size = program.made_parallel(feed.model), batch_size(feed.loader)
            if wrap is None or size is None or not 0 < size[0] < MIN_BATCH:
                continue
            ready_made = ready_made_with_batch_norm(feed.model)
            layers = program.batch_norms(feed.model) or ([] if ready_made is None else [ready_made])
            if not layers or feed.loader.place is None or not program.in_training_mode(feed.operation):
                continue
            samples, is_default = size
            name = named(feed.loader.name, "the loader")
            yield self.finding(
                wrap.place,
                f"`{wrap.text}` leaves the batch norm of each rank {samples} samples: its statistics are not shared",
                related=(
                    Related(feed.loader.place, f"{name} gives each rank {samples} samples at a time"),
                    Related(layers[0].place, "takes mean and variance over the samples of one rank"),
                ),
                evidence={"batch_size": samples, "min_batch": MIN_BATCH, "layers": len(layers)},
                confidence=Confidence.MEDIUM if is_default else Confidence.HIGH,
                fix=Fix("convert the model with `SyncBatchNorm.convert_sync_batchnorm` before wrapping it"),
            )
