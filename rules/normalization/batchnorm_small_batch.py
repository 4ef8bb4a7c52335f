"""TL202: batch statistics over too few samples."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Location, Related, Severity, named
from trainlint.program.anatomy import ready_made_with_batch_norm
from trainlint.program.evaluation import batch_size
from trainlint.program.query import Program
from trainlint.rule import Rule
from trainlint.run import Run
from trainlint.run_facts import NormLayer

# Wu and He, Group Normalization, ECCV 2018, figure 1 and table 2: ImageNet error of a ResNet-50 with batch norm is
# 23.6 % at 32 samples per device, 24.8 % at 8, 27.3 % at 4 and 34.7 % at 2; with group norm it stays at 24.1 %.
MIN_BATCH = 8


class BatchnormSmallBatch(Rule):
    """Batch norm computes its statistics over fewer than 8 samples.

    ## What it finds
    A model with batch norm in training mode that is trained on batches of fewer than 8 samples per device: by the
    loader's `batch_size` in the source, by the shapes that reach the layer in a run. Gradient accumulation does not
    help: the statistics are those of each forward.

    ## Why it hurts
    The mean and variance of each channel are estimates, and their noise grows as the batch shrinks. Measured by Wu and
    He on ImageNet with a ResNet-50, the error goes from 23.6 % at 32 samples per device over 24.8 % at 8 to 27.3 % at 4
    and 34.7 % at 2, where group norm stays at 24.1 %. The running statistics used in eval mode are off as well, so
    validation is worse still and jumps from epoch to epoch.

    ## What to do
    Use `GroupNorm` or `LayerNorm`, which do not look at the batch; or a larger batch; or, with several devices,
    `SyncBatchNorm.convert_sync_batchnorm(model)`; or put the batch-norm layers of a pretrained model in eval mode.

    ## When to ignore it
    When each sample is itself many (patches, points or frames folded into the batch axis inside the model).
    """

    code = "TL202"
    name = "batchnorm-small-batch"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "Wu and He, Group Normalization, ECCV 2018, figure 1 and table 2",
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.SyncBatchNorm.html",
    )
    bad = """
import torch
model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, bias=False), torch.nn.BatchNorm2d(8), torch.nn.Flatten())
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
dataset = torch.utils.data.TensorDataset(torch.randn(64, 3, 8, 8))
loader = torch.utils.data.DataLoader(dataset, batch_size=2, shuffle=True)
for (images,) in loader:
    optimizer.zero_grad()
    model(images).square().mean().backward()
    optimizer.step()
"""
    good = """
import torch
model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.GroupNorm(4, 8), torch.nn.Flatten())
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
dataset = torch.utils.data.TensorDataset(torch.randn(64, 3, 8, 8))
loader = torch.utils.data.DataLoader(dataset, batch_size=2, shuffle=True)
for (images,) in loader:
    optimizer.zero_grad()
    model(images).square().mean().backward()
    optimizer.step()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for feed in program.feeds_training():
            size, layers = batch_size(feed.loader), program.batch_norms(feed.model)
            ready_made = ready_made_with_batch_norm(feed.model)
            layers = layers or ([] if ready_made is None else [ready_made])
            if size is None or not 0 < size[0] < MIN_BATCH or not layers or feed.loader.place is None:
                continue
            if not program.in_training_mode(feed.operation) or program.made_parallel(feed.model) is not None:
                continue  # of ranks that could share their statistics speaks a rule of its own
            samples, is_default = size
            count = f"{samples} sample{'' if samples == 1 else 's'}"
            yield self.finding(
                feed.loader.place,
                f"{named(feed.loader.name, 'the loader')} gives the batch norm of `{feed.operation.call}` "
                f"{count} at a time{' by default' if is_default else ''}",
                related=(Related(layers[0].place, f"takes its mean and variance over {count}"),),
                evidence={"batch_size": samples, "min_batch": MIN_BATCH, "layers": len(layers)},
                confidence=Confidence.MEDIUM if is_default else Confidence.HIGH,
                fix=Fix("use `GroupNorm` in its place, or batches of 8 and more"),
            )

    def check_run(self, run: Run) -> Iterator[Finding]:
        small: dict[Location, list[NormLayer]] = {}
        for layer in run.norm_layers:
            feed = layer.feed
            if layer.synchronised or layer.typical_batch >= MIN_BATCH or (feed and not feed.batches_trained):
                continue
            small.setdefault(layer.location if feed is None else feed.location, []).append(layer)
        for location, layers in small.items():
            first = layers[0]
            count = f"{first.typical_batch} sample{'' if first.typical_batch == 1 else 's'}"
            giver = "a forward" if first.feed is None else f"`{first.feed.loader.name}`"
            yield self.finding(
                location,
                f"{giver} gives the batch norm of `{first.model.name}` {count} at a time",
                related=(Related(first.location, f"`{first.path}` takes its mean and variance over {count}"),),
                evidence={
                    "batch_size": first.typical_batch,
                    "min_batch": MIN_BATCH,
                    "values_per_channel": first.typical_values,
                    "layers": len(layers),
                    "forwards_measured": first.samples,
                },
                fix=Fix("use `GroupNorm` in its place, or batches of 8 and more"),
            )
