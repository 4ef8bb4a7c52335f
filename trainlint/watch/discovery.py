"""The models of a script that names none: the modules whose parameters its optimizers hold."""

from __future__ import annotations

import functools
import gc
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from torch import autograd, nn
from torch.optim import Optimizer

from trainlint.watch.patches import Patches, Switch, around, is_compiling
from trainlint.watch.scene import Scene

Ids = frozenset[int]


class Discovery:
    """Waits for optimizers, and at the first use of anything that follows looks for the models that they train.

    By then a script has built all the optimizers of a step, which tell a module that holds two models, such as a
    generator and a critic, from one model.
    """

    def __init__(self, scene: Scene, switch: Switch, adopt: Callable[[nn.Module], None]) -> None:
        self._scene = scene
        self._switch = switch
        self._adopt = adopt
        self._pending: list[Optimizer] = []
        self._optimizers: list[weakref.ref[Optimizer]] = []

    def install(self, patches: Patches) -> None:
        """Patch the making of optimizers, and whatever may be the first use of a model. To be installed last."""
        patches.attribute(Optimizer, "__init__", lambda f: around(f, self._switch, self._making, self._made))
        patches.attribute(nn.Module, "__call__", self._looking)
        patches.attribute(nn.Module, "train", self._looking)
        patches.attribute(autograd, "backward", self._looking)
        patches.overrides(Optimizer, "zero_grad", self._looking)

    def _making(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Optimizer | None:
        return args[0] if self._scene.mine() else None

    def _made(self, optimizer: Optimizer, result: None) -> None:
        self._pending.append(optimizer)

    def _looking(self, original: Callable[..., Any]) -> Callable[..., Any]:
        pending = self._pending

        @functools.wraps(original)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if pending and not is_compiling():
                self._look()
            return original(*args, **kwargs)

        return wrapper

    def _look(self) -> None:
        if not self._scene.mine():
            return
        self._optimizers += [weakref.ref(optimizer) for optimizer in self._pending]
        new = _held(self._pending)
        self._pending.clear()
        try:
            alive = [optimizer for reference in self._optimizers if (optimizer := reference()) is not None]
            watched = frozenset().union(*(model.parameter_ids for model in self._scene.models))
            for module in models_of(alive, new - watched):
                self._adopt(module)
        except Exception as error:
            self._switch.fail(error)


def models_of(optimizers: Sequence[Optimizer], new: Ids) -> list[nn.Module]:
    """Return the modules to watch for parameters that no watched model has."""
    held = [_held([optimizer]) for optimizer in optimizers]
    modules = {id(module): module for module in _all_modules() if not new.isdisjoint(_parameters(module))}
    inner = {id(part) for module in modules.values() for part in module.modules() if part is not module}
    roots = [module for ident, module in modules.items() if ident not in inner]
    return [model for root in roots for model in _models_in(root, held)]


def _models_in(module: nn.Module, held: Sequence[Ids]) -> Iterator[nn.Module]:
    """Yield the models of a module: its parts where each is trained by fewer optimizers than the whole."""
    trained = [child for child in module.children() if _trainers(child, held)]
    split = isinstance(module, (nn.ModuleList, nn.ModuleDict)) or (
        len(trained) > 1
        and not any(True for _ in module.parameters(recurse=False))
        and all(_trainers(child, held) < _trainers(module, held) for child in trained)
    )
    if not split:
        yield module
        return
    for child in trained:
        yield from _models_in(child, held)


def _trainers(module: nn.Module, held: Sequence[Ids]) -> set[int]:
    """Return which optimizers hold parameters of a module."""
    ids = _parameters(module)
    return {place for place, parameters in enumerate(held) if not parameters.isdisjoint(ids)}


def _held(optimizers: Sequence[Optimizer]) -> Ids:
    return frozenset(
        id(parameter) for optimizer in optimizers for group in optimizer.param_groups for parameter in group["params"]
    )


def _parameters(module: nn.Module) -> Ids:
    return frozenset(map(id, module.parameters()))


def _all_modules() -> Iterator[nn.Module]:
    for thing in gc.get_objects():
        # By type: `isinstance` would ask each object of the process for its class, and some warn of being asked.
        if issubclass(type(thing), nn.Module) and "_modules" in vars(thing) and "_parameters" in vars(thing):
            yield thing
