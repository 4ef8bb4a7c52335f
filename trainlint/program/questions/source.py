"""Questions about what the source does: its calls, names, objects and the order of its operations."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cached_property

from trainlint.finding import Place
from trainlint.operations import Kind
from trainlint.program import facts
from trainlint.program.facts import FileFacts
from trainlint.program.interpret import Interpreter
from trainlint.program.later import is_read_later
from trainlint.program.project import Project
from trainlint.program.prune import Pruned
from trainlint.program.records import Assigned, Called, LoopFacts, Mentioned, Root
from trainlint.program.uses import Use, library_uses
from trainlint.program.values import ClassValue, Object, Value
from trainlint.program.walk import Route


class Source:
    """What the program was read as."""

    def __init__(self, files: list[FileFacts]) -> None:
        self._files = files
        self._interpreter = Interpreter(Project(files))
        self._interpreter.run()
        self._restricted: dict[tuple[int, frozenset[Kind]], Route] = {}
        self._pruned: dict[int, Pruned] = {}
        self._kinds: dict[int, frozenset[Kind]] = {}

    @property
    def roots(self) -> list[Root]:
        """The pieces of code that are run from outside, each with its ordered tree of operations."""
        return self._interpreter.roots

    def kinds(self, root: Root) -> frozenset[Kind]:
        """Return the kinds of the operations under a root."""
        if id(root) not in self._kinds:
            self._kinds[id(root)] = frozenset([operation.kind for operation in root.operations])
        return self._kinds[id(root)]

    def tree(self, root: Root, kinds: frozenset[Kind]) -> Route:
        """Return the operations of these kinds under a root, in their possible orders."""
        key = (id(root), kinds)
        if key not in self._restricted:
            if id(root) not in self._pruned:
                self._pruned[id(root)] = Pruned(root.tree)
            self._restricted[key] = self._pruned[id(root)].to(kinds)
        return self._restricted[key]

    def calls(self, *names: str) -> Iterator[Called]:
        """Yield the calls of these: `torch.nn.CrossEntropyLoss` (made, and applied), `.item` (a method), `` (own)."""
        for name in names:
            yield from self._interpreter.calls.get(name, ())

    def every_call(self) -> Iterator[Called]:
        """Yield all calls that `calls` can be asked for."""
        for calls in self._interpreter.calls.values():
            yield from calls

    def calls_like(self, pattern: re.Pattern[str]) -> list[Called]:
        """Return the calls whose names match, in the order in which they are followed."""
        found = (call for name, calls in self._interpreter.calls.items() if pattern.search(name) for call in calls)
        return sorted(found, key=lambda call: call.number)

    def calls_in(self, loop: LoopFacts) -> Iterator[Called]:
        """Yield all calls inside a loop."""
        return (call for call in self.every_call() if loop in call.loops)

    def applied(self, *names: str) -> Iterator[Called]:
        """Yield the calls that apply these functions and modules of torch to tensors, not those that make a module."""
        for call in self.calls(*names):
            if not call.makes or call.name.rpartition(".")[2][:1].islower():
                yield call

    @cached_property
    def called_at(self) -> dict[Place, set[str]]:
        """The names of all that the call at each place may call."""
        found: dict[Place, set[str]] = {}
        for call in self.every_call():
            found.setdefault(call.place, set()).add(call.name)
        return found

    @property
    def objects(self) -> list[Object]:
        """What the program makes: modules, optimizers, schedulers, scalers, loaders, in the order of their making."""
        return self._interpreter.objects

    @property
    def classes(self) -> list[ClassValue]:
        """The classes that the program defines."""
        return self._interpreter.classes

    def uses(self, names: Collection[str]) -> Iterator[Use]:
        """Yield where the files use these names of libraries, also in functions that are not followed."""
        words = {name.rpartition(".")[2] for name in names}
        for file in self._files:
            imported = (dotted.rpartition(".")[2] for dotted in file.imported)
            if not words.isdisjoint(file.words) or not words.isdisjoint(imported):
                yield from (use for use in library_uses(file) if use.name in names)

    @property
    def mentioned(self) -> list[Mentioned]:
        """The statements that are nothing but an attribute."""
        return self._interpreter.mentioned

    @property
    def assigned(self) -> list[Assigned]:
        """The attributes that are assigned, in the order in which the program does it."""
        return self._interpreter.assigned

    def is_read_later(self, called: Called, variable: facts.Expression) -> bool:
        """Tell whether what an expression stands for may be used behind a call; where it is no variable, it may."""
        function = called.functions[-1].facts if called.functions else None
        if not isinstance(variable, facts.Name) or isinstance(function, facts.Lambda):
            return True
        if isinstance(function, facts.Function):
            return is_read_later(function.body, called.node, variable.id)
        bodies = [file.body for file in self._files if file.name == called.place.file]
        return any(is_read_later(body, called.node, variable.id) for body in bodies)

    @property
    def slices(self) -> list[tuple[Value, Value]]:
        """What is sliced, `data[:n]`, each with the slice."""
        return self._interpreter.slices
