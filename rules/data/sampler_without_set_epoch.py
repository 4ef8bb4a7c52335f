"""TL802: a distributed sampler repeats one order in each epoch."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.edit import Insert, Written
from trainlint.finding import Finding, Fix, Place, Related, Severity, named
from trainlint.program.data_api import DISTRIBUTED_SAMPLER
from trainlint.program.datasets import origin_of
from trainlint.program.loading import Loader
from trainlint.program.query import Program
from trainlint.program.readings import readings
from trainlint.program.values import Constant, Object
from trainlint.rule import Rule

_COUNTS = re.compile(r"(t?range|count|trange|tqdm\((t?range))\(")


class SamplerWithoutSetEpoch(Rule):
    """A distributed sampler gives the same order in each epoch.

    ## What it finds
    A loader with a shuffling `DistributedSampler` that trains a model over several epochs, where nothing tells the
    sampler the epoch: no `set_epoch` of it or through its loader, and neither of them is handed to code that might
    call it, as Accelerate's `prepare` does.

    ## Why it hurts
    The sampler draws its permutation from a generator seeded with `seed + epoch`, and `epoch` stays 0 until
    `set_epoch` changes it. Each epoch then repeats the order of the first, although `shuffle=True` stands there. And
    each rank keeps its share of the data for ever: with 8 ranks each one sees the same eighth of the samples in the
    same batches from the first epoch to the last.

    ## What to do
    Call `sampler.set_epoch(epoch)` at the start of each epoch, before the loop over the loader.

    ## When to ignore it
    When the ranks are meant to keep their shares, as with data that are cached on each node.
    """

    code = "TL802"
    name = "sampler-without-set-epoch"
    severity = Severity.ERROR
    since = "0.1"
    references = ("https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.distributed.DistributedSampler",)
    bad = """
import torch
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset
dataset = TensorDataset(torch.linspace(-1, 1, 64).unsqueeze(1))
sampler = DistributedSampler(dataset, num_replicas=2, rank=0)
loader = DataLoader(dataset, batch_size=8, sampler=sampler)
model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    for (inputs,) in loader:
        optimizer.zero_grad()
        (model(inputs) - inputs).square().mean().backward()
        optimizer.step()
"""
    good = """
import torch
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset
dataset = TensorDataset(torch.linspace(-1, 1, 64).unsqueeze(1))
sampler = DistributedSampler(dataset, num_replicas=2, rank=0)
loader = DataLoader(dataset, batch_size=8, sampler=sampler)
model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    sampler.set_epoch(epoch)
    for (inputs,) in loader:
        optimizer.zero_grad()
        (model(inputs) - inputs).square().mean().backward()
        optimizer.step()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        told = {id(option) for c in program.calls(".set_epoch") if c.receiver for option in readings(c.receiver)}
        samplers = {loader.made: _shuffling_sampler(loader, told) for loader in program.loaders}
        for loader in program.loaders:
            sampler = samplers[loader.made]
            place, epoch = _repeated_at(loader, samplers)
            if sampler is None or sampler.place is None or place is None:
                continue
            if program.called_elsewhere("set_epoch") or program.handed_on(loader.made, sampler):
                continue
            name = named(sampler.name, "the sampler")
            names = (
                ("sampler", Written(sampler.name, ("X.set_epoch",))),
                ("epoch", Written(epoch)),
            )
            yield self.finding(
                place,
                f"{loader.named} gives the order of the first epoch again and again: nothing tells {name} the epoch",
                related=(Related(sampler.place, f"{name} shuffles by `seed + epoch`, and `epoch` stays 0"),),
                evidence={"sampler": sampler.name, "set_epoch": False},
                fix=Fix(
                    f"call `{sampler.name or 'loader.sampler'}.set_epoch({epoch or 'epoch'})` before the loop",
                    True,
                    (Insert(place, "{sampler}.set_epoch({epoch})", "before", names),) if epoch else (),
                ),
            )


def _shuffling_sampler(loader: Loader, told: set[int]) -> Object | None:
    """Return the distributed sampler that decides on the order, possibly through a sampler of batches.

    `told` are those that learn the epoch, the loader's own sampler or the loader itself among them.
    """
    if told & {id(loader.sampler), id(loader.made)}:
        return None
    for given in (loader.argument("sampler"), loader.argument("batch_sampler")):
        for option in readings(given) if given is not None else ():
            inner = option.arguments.get(0, "sampler") if origin_of(option).endswith(".BatchSampler") else option  # type: ignore[union-attr]
            if isinstance(inner, Object) and origin_of(inner) == DISTRIBUTED_SAMPLER:
                shuffle = inner.arguments.get(3, "shuffle")
                return inner if shuffle in (None, Constant(True)) and id(inner) not in told else None
    return None


def _repeated_at(loader: Loader, samplers: dict[Object, Object | None]) -> tuple[Place | None, str]:
    """Return the loop over a loader that trains once per turn of a loop around it, and what that counts with.

    Where one of several loaders may be meant, each has such a sampler, and nothing is said of how to tell them.
    """
    for feed in loader.trains:
        loops = feed.forward.loops
        at = next((number for number, loop in enumerate(loops) if loop.iterable in feed.loaders), 0)
        if at > 0 and all(samplers.get(each) is not None for each in feed.loaders):
            around = loops[at - 1]
            return loops[at].place, around.target if feed.alone and _COUNTS.match(around.text) else ""
    return None, ""
