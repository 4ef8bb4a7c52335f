"""TL813: each rank splits or samples the data in its own way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Place, Related, Severity, named
from trainlint.program.data_api import DISTRIBUTED_SAMPLER
from trainlint.program.datasets import ancestry, origin_of
from trainlint.program.query import Program
from trainlint.program.records import Called
from trainlint.program.values import NONE, Constant, External, Method, Unknown, Value
from trainlint.rule import Rule

_RANKS = ("torch.distributed.get_rank",)
_RANK_NAME = re.compile(r"(^|_|\b)(rank|local_rank|global_rank|proc_id|process_index)(\b|$)", re.I)
# Calls that set the random state, whatever else they do.
_SEEDS = re.compile(r"(^|\.|_)(manual_seed(_all)?|seed|set_seed|seed_everything|fix_seeds?|set_random_seed)$", re.I)
# Random splits, each with the argument that gives it a seed of its own.
_SPLITS = {
    "torch.utils.data.random_split": (2, "generator"),
    "sklearn.model_selection.train_test_split": (-1, "random_state"),
}


class SamplerSeedDiffersByRank(Rule):
    """Each rank splits or samples the data in its own way.

    ## What it finds
    In a program that trains on several ranks: a `random_split` or `train_test_split` without a seed of its own, where
    nothing seeds the random state before it, or where it was seeded with the rank; and a `DistributedSampler` whose
    seed depends on the rank.

    ## Why it hurts
    Each rank draws another permutation. With a tenth of the data set aside, a validation sample of one of 8 ranks is
    in the training part of some other rank with probability 1 - 0.1⁷, which is practically always: the model has been
    trained on what it is validated on. A sampler seeded by rank no longer gives out each sample once: two ranks that
    each draw half of the data leave out a quarter of it in every epoch.

    ## What to do
    Give the split a generator of its own: `generator=torch.Generator().manual_seed(0)` (`random_state=0` in
    scikit-learn). Seed with the rank, if at all, after data have been split, and never the sampler.

    ## When to ignore it
    When one rank alone splits and tells the others.
    """

    code = "TL813"
    name = "sampler-seed-differs-by-rank"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.distributed.DistributedSampler",
        "https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.random_split",
    )
    bad = """
import torch
import torch.distributed as dist
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset, random_split
if torch.distributed.is_torchelastic_launched():
    dist.init_process_group("nccl")
train_set, val_set = random_split(TensorDataset(torch.arange(100)), [90, 10])
loader = DataLoader(train_set, batch_size=10, sampler=DistributedSampler(train_set, num_replicas=2, rank=0))
"""
    good = """
import torch
import torch.distributed as dist
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset, random_split
if torch.distributed.is_torchelastic_launched():
    dist.init_process_group("nccl")
generator = torch.Generator().manual_seed(0)
train_set, val_set = random_split(TensorDataset(torch.arange(100)), [90, 10], generator=generator)
loader = DataLoader(train_set, batch_size=10, sampler=DistributedSampler(train_set, num_replicas=2, rank=0))
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for sampler in program.objects:
            if origin_of(sampler) != DISTRIBUTED_SAMPLER or sampler.place is None:
                continue
            seed, dataset = sampler.arguments.get(4, "seed"), sampler.arguments.get(0, "dataset")
            if seed is not None and _is_of_rank(seed):
                yield self._finding(sampler.place, f"{named(sampler.name, 'the sampler')} shuffles", None)
            for split in () if dataset is None else _splits_behind(program, dataset):
                seeds = [call for call in program.calls_like(_SEEDS) if call.number < split.number]
                last = next((seed for seed in reversed(seeds) if _decides(seed, split)), None)
                if last is not None and any(map(_is_of_rank, last.arguments.values())):
                    yield self._finding(split.place, f"`{split.text}` splits", last)
                elif not seeds and not program.called_elsewhere("manual_seed"):
                    yield self._finding(split.place, f"`{split.text}` splits", None)

    def _finding(self, place: Place, what: str, seeded: Called | None) -> Finding:
        return self.finding(
            place,
            f"{what} the data in another way on each rank",
            related=() if seeded is None else (Related(seeded.place, "the random state depends on the rank"),),
            evidence={"seeded_by_rank": seeded is not None},
            confidence=Confidence.HIGH,
            fix=Fix("give it a generator with the same seed on all ranks"),
        )


def _splits_behind(program: Program, dataset: Value) -> Iterator[Called]:
    """Yield the random splits without a seed of their own that a dataset came out of."""
    made_from = list(ancestry(dataset))
    idents = {id(value) for value in made_from}
    for call in program.calls(*_SPLITS):
        position, name = _SPLITS[call.name]
        if call.arguments.get(position, name) not in (None, NONE):
            continue
        whole = call.arguments.get(0, "dataset")
        is_this = any(id(result) in idents for result in call.results) or call.callee in made_from
        ordered = call.arguments.keyword.get("shuffle") == Constant(False)
        if is_this and id(whole) in idents and not ordered:
            yield call


def _decides(seed: Called, split: Called) -> bool:
    """Tell whether a call seeds the random state that a split draws from, surely before it."""
    library = "numpy.random." if split.name.startswith("sklearn.") else "torch."
    is_own = isinstance(seed.callee, Method)  # of a generator
    return not is_own and seed.root is split.root and (library in seed.name or "torch" not in seed.name)


def _is_of_rank(value: Value) -> bool:
    return any(
        (isinstance(part, External) and part.dotted in _RANKS)
        or (isinstance(part, Unknown) and _RANK_NAME.search(part.name) is not None)
        for part in ancestry(value, attributes=False)
    )
