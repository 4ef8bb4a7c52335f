"""The data loaders of a program: what they are given, which of them train a model and which evaluate one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trainlint.finding import named
from trainlint.program.datasets import is_held_out, sources_of
from trainlint.program.evaluation import EVAL_MODE, Evaluation, Feed, is_loader
from trainlint.program.torch_api import sounds_held_out
from trainlint.program.values import NONE, Constant, Object, Value


@dataclass(frozen=True, slots=True)
class Loader:
    """A data loader that the program makes, with the forwards that it feeds."""

    made: Object
    trains: tuple[Feed, ...]
    evaluates: tuple[Evaluation, ...]

    @property
    def named(self) -> str:
        """Return the user's name for it, as code, where it has one."""
        return named(self.made.name, "the loader")

    @property
    def dataset(self) -> Value | None:
        """Return what it draws from."""
        return self.made.arguments.get(0, "dataset")

    def argument(self, name: str) -> Value | None:
        """Return an argument: `None` where it is surely left at its default."""
        return self.made.arguments.get(_POSITIONS.get(name, -1), name)

    def surely(self, name: str, *values: object) -> bool:
        """Tell whether an argument is, for sure, one of these; `None` among them stands for the default as well."""
        given = self.argument(name)
        if given is None:
            return None in values
        return isinstance(given, Constant) and any(given.value is value for value in values)

    @property
    def sampler(self) -> Value | None:
        """Return what decides on the order of samples, or on batches; `None` where surely nothing is given."""
        for name in ("sampler", "batch_sampler"):
            given = self.argument(name)
            if given is not None and given != NONE:
                return given
        return None

    @property
    def says_held_out(self) -> str | None:
        """Return what says that its data are there for evaluation only; `None` where nothing does, or it trains."""
        if self.trains:
            return None
        names = [self.made.name, *(e.evidence for e in self.evaluates if e.evidence != EVAL_MODE)]
        said = next((name for name in names if sounds_held_out(name)), None)
        if said is None and self.evaluates and any(is_held_out(source) for source in self.drawn_from):
            return "its dataset"
        return said

    @property
    def drawn_from(self) -> list[Value]:
        """Return the datasets below all subsets and concatenations."""
        return [] if self.dataset is None else [source for source, _ in sources_of(self.dataset)]


_POSITIONS = {
    "dataset": 0,
    "batch_size": 1,
    "shuffle": 2,
    "sampler": 3,
    "batch_sampler": 4,
    "collate_fn": 6,
    "drop_last": 8,
}


def find_loaders(objects: Iterable[Object], feeds: list[Feed], evaluations: list[Evaluation]) -> list[Loader]:
    """Return the loaders of torch that a program makes, in the order of their making."""
    found = []
    for made in objects:
        if is_loader(made) and made.place is not None:
            trains = tuple(feed for feed in feeds if feed.loader is made and feed.optimizes)
            evaluates = tuple(evaluation for evaluation in evaluations if evaluation.loader is made)
            found.append(Loader(made, trains, evaluates))
    return found
