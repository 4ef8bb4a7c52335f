"""Questions about data sets and their loaders."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from trainlint.finding import Place
from trainlint.program.datasets import in_random_order, is_map_style
from trainlint.program.evaluation import feeds_training, passes_over_data
from trainlint.program.idle import is_idle, results_of
from trainlint.program.loading import Loader, find_loaders
from trainlint.program.questions.modes import Modes
from trainlint.program.records import Forward, LoopFacts
from trainlint.program.values import Value


class Data(Modes):
    """What the samples are, and how they are drawn."""

    @cached_property
    def loaders(self) -> list[Loader]:
        """The data loaders that the program makes, with what they feed."""
        feeds = [feed for root in self.roots for feed in feeds_training(root)]
        return find_loaders(self.objects, feeds, list(self.evaluations()))

    def is_idle(self, loader: Loader) -> bool:
        """Tell whether nothing is ever drawn from a loader: its variable is not read but for its length."""
        return loader.made.place is not None and is_idle(self._files, loader.made.place)

    def results_of(self, called: Place) -> tuple[list[str], list[str]]:
        """Return the names that the result of the call at this place is bound to, and what it is given, as written."""
        return results_of(self._files, called)

    def passes_over_data(self) -> Iterator[tuple[Forward, LoopFacts]]:
        """Yield the forwards that only look at the batches of loaders, with the loop: nothing there trains."""
        for root in self.roots:
            yield from passes_over_data(root)

    def in_random_order(self, data: Value) -> bool:
        """Tell whether samples may have been shuffled, drawn or picked at random when the data were made."""
        calls = self.calls("random.shuffle", "numpy.random.shuffle", ".shuffle")
        return in_random_order(data, {id(value) for call in calls for value in call.arguments.positional})

    def is_map_style(self, dataset: Value) -> bool:
        """Tell whether the samples of a dataset are taken by index, and an index always gives the same sample."""
        return is_map_style(dataset, self._interpreter.interest.randomising)
