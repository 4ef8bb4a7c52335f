"""Questions about optimizers and their learning-rate schedulers."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from functools import cached_property

from trainlint.operations import Role
from trainlint.program.coverage import Coverage, Surgery, Unheld
from trainlint.program.optimizers import OptimizerBuild, read_optimizers
from trainlint.program.questions.source import Source
from trainlint.program.records import Called, Root
from trainlint.program.schedules import Schedule, read_schedules
from trainlint.program.tensors import Parameters
from trainlint.program.torch_api import CLIPPERS
from trainlint.program.values import Unknown

_IN_PLACE = re.compile(r"^\.(?!_)\w*[a-z]_$")


class Optimization(Source):
    """What updates the parameters."""

    @cached_property
    def coverage(self) -> Coverage:
        """The optimizers of the program, and whose parameters each holds."""
        clipped = {
            id(a.value) for name in CLIPPERS for c in self.calls(f"torch.nn.utils.{name}") for a in c.node.arguments
        }
        takes = self.calls(".parameters", ".named_parameters", ".load_state_dict", ".requires_grad_")
        used = [call for call in takes if id(call.node) not in clipped and not self._is_averaged(call)]
        return Coverage(self.objects, self.calls(".add_param_group"), used)

    def _is_averaged(self, takes: Called) -> bool:
        """Tell whether parameters are only read beside others that change: the average of weights of a target network.

        `for weight, target in zip(model.parameters(), target_model.parameters()): target.data.lerp_(weight, 0.01)`.
        """
        zipped, changed = self._zipped
        return id(takes.node) in zipped and takes.receiver is not None and takes.receiver.key not in changed

    @cached_property
    def _zipped(self) -> tuple[set[int], set[Hashable]]:
        """The arguments of `zip`, by `id` of their facts, and the keys of modules whose parameters change in place."""
        zipped = {id(argument.value) for call in self.calls("builtins.zip") for argument in call.node.arguments}
        changed: set[Hashable] = set()
        owners = [call.receiver for call in self.calls_like(_IN_PLACE)] if zipped else []
        owners += [each.owner for each in self.assigned if each.name != "grad"] if zipped else []
        for owner in owners:
            if isinstance(owner, Parameters) and not owner.gradients:
                changed |= {module.key for module in owner.of or ()}
        return zipped, changed

    def unheld(self) -> Iterator[tuple[Unheld, Root]]:
        """Yield the models that are trained though no optimizer holds their parameters, with their root."""
        for root in self.roots:
            for unheld in self.coverage.unheld(root):
                yield unheld, root

    def surgeries(self) -> Iterator[Surgery]:
        """Yield the layers that were put into a model after the optimizer had taken its parameters."""
        return self.coverage.surgeries(self._interpreter.grafts)

    @cached_property
    def optimizers(self) -> list[OptimizerBuild]:
        """The optimizers of libraries that the program makes, with what steps them."""
        return read_optimizers(self._interpreter)

    @cached_property
    def schedules(self) -> list[Schedule]:
        """The learning-rate schedulers of torch that the program makes, with what is done with each."""
        return read_schedules(self._interpreter)

    def may_step_another(self, step: Called, schedule: Schedule) -> bool:
        """Tell whether the same call may step something else than this scheduler, or one that is made as it is."""
        alike = (other for other in self.schedules if other.made.place == schedule.made.place)
        own = {id(call) for other in alike for call in other.steps}
        others = (call for call in self.calls(".step") if call.place == step.place and call.root is step.root)
        return any(id(call) not in own for call in others)

    def steps_an_unknown_scheduler(self, schedule: Schedule) -> bool:
        """Tell whether something is stepped that is not known, and may be this scheduler."""
        kept = "." in schedule.scheduler.name  # an attribute is reached from anywhere
        for call in self.calls(".step"):
            receiver = call.receiver
            unknown = isinstance(receiver, Unknown) and receiver.role in (Role.SCHEDULER, None)
            if unknown and (kept or call.root is schedule.made.root):
                return True
        return False
