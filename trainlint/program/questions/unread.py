"""Questions about code that was not followed, and may do what is not seen."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from trainlint.operations import Role
from trainlint.program.data_api import is_data
from trainlint.program.interest import functions_left_out, method_calls, words_in
from trainlint.program.questions.source import Source
from trainlint.program.records import Called
from trainlint.program.torch_api import ITERATES, LOADERS, is_harmless
from trainlint.program.values import ClassValue, External, Items, Method, Object, Table, Value


class Unread(Source):
    """What lies beyond the reading."""

    def beyond_reading(self, name: str, file: str = "") -> bool:
        """Tell whether code that is not followed, of one file or of all, mentions a name.

        That are functions that nothing calls, or nothing that was followed, and branches that are never taken.
        """
        left_out = self._left_out
        return any(name in words for place, words in left_out.items() if file in ("", place))

    @cached_property
    def _left_out(self) -> dict[str, set[str]]:
        machine = self._interpreter
        words: dict[str, set[str]] = {}
        for file, block in machine.skipped:
            words.setdefault(file.facts.name, set()).update(words_in(block))
        for file in machine.project.files:
            for function in functions_left_out(file.facts.body, machine.invoked):
                words.setdefault(file.facts.name, set()).update(words_in(function))
        return words

    def called_elsewhere(self, method: str) -> bool:
        """Tell whether the source calls a method of this name where it was not followed, or on something not known."""
        followed = {id(call.node) for call in self.calls(f".{method}") if isinstance(call.receiver, Object)}
        return any(id(call) not in followed for file in self._files for call in method_calls(file.body, method))

    def handed_on(self, *values: Value) -> bool:
        """Tell whether one of these is an argument of code that is not followed, and may act on it."""
        wanted = {id(value) for value in values}
        return any(
            any(id(part) in wanted for value in call.arguments.values() for part in _held(value))
            for call in self.every_call()
            if _may_act(call)
        )


def _held(value: Value) -> Iterator[Value]:
    """Yield a value, and what it holds as a list, tuple or dict."""
    yield value
    inner = value.items if isinstance(value, Items) else value.held if isinstance(value, Table) else ()
    for part in inner:
        yield from _held(part)


def _may_act(call: Called) -> bool:
    match call.callee:
        case External(dotted):
            return not (is_harmless(dotted) or dotted in ITERATES or is_data(call.name) or dotted in LOADERS)
        case Method(Object(role=Role.LOADER) | Items() | Table()):
            return False
        case ClassValue():
            return False
    return True
