"""Questions about data sets and their loaders."""

from __future__ import annotations

from functools import cached_property

from trainlint.program.datasets import in_random_order, is_map_style
from trainlint.program.evaluation import feeds_training
from trainlint.program.loading import Loader, find_loaders
from trainlint.program.questions.modes import Modes
from trainlint.program.values import Value


class Data(Modes):
    """What the samples are, and how they are drawn."""

    @cached_property
    def loaders(self) -> list[Loader]:
        """The data loaders that the program makes, with what they feed."""
        feeds = [feed for root in self.roots for feed in feeds_training(root)]
        return find_loaders(self.objects, feeds, list(self.evaluations()))

    def in_random_order(self, data: Value) -> bool:
        """Tell whether samples may have been shuffled, drawn or picked at random when the data were made."""
        calls = self.calls("random.shuffle", "numpy.random.shuffle", ".shuffle")
        return in_random_order(data, {id(value) for call in calls for value in call.arguments.positional})

    def is_map_style(self, dataset: Value) -> bool:
        """Tell whether the samples of a dataset are taken by index, and an index always gives the same sample."""
        return is_map_style(dataset, self._interpreter.interest.randomising)
