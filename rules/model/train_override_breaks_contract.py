"""TL115: a module's own `train()` or `eval()` breaks the contract of `nn.Module`."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.program import facts
from trainlint.program.overrides import Override, override
from trainlint.program.query import Program
from trainlint.program.reachable import modules_in
from trainlint.program.records import Called
from trainlint.program.values import ClassValue, Object
from trainlint.rule import Rule

ALWAYS = (facts.Literal(True),)
_SETS_NO_MODE = "it sets no mode, and each part keeps the one it has"


class TrainOverrideBreaksContract(Rule):
    """A module's own `train()` or `eval()` loses the mode, or returns nothing.

    ## What it finds
    A class derived from `nn.Module` with a `train(self, mode=True)` of its own that does not pass the mode on
    (`super().train()` without it, or no call at all that could reach the parts), an `eval()` that sets no mode, either
    of them returning nothing, and a `train(...)` that is something else, such as a training loop, on a module of which
    the program calls `eval()`.

    ## Why it hurts
    `model.eval()` is nothing but `self.train(False)`, and each module hands that call to its parts. After a
    `super().train()` without the mode, `eval()` switches *everything* to training: dropout of `p=0.5` drops half in
    each validation, batch norm learns from the test data, and no call can change that. Without `return self`,
    `model = Model().eval()` is `None`.

    ## What to do
    `def train(self, mode=True):`, first `super().train(mode)`, then what is special (a frozen batch norm's `.eval()`),
    and `return self`.

    ## When to ignore it
    When the module is never to change its mode, and says so in a way that is not understood here; `return self` alone
    and `super().train(False)` are.
    """

    code = "TL115"
    name = "train-override-breaks-contract"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.train",
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval",
    )
    bad = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.drop = nn.BatchNorm1d(4), nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(self.norm(x))

    def train(self, mode=True):
        super().train()
        self.norm.eval()
        return self

model = Net()
"""
    good = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.drop = nn.BatchNorm1d(4), nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(self.norm(x))

    def train(self, mode=True):
        super().train(mode)
        self.norm.eval()
        return self

model = Net()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for cls in program.classes:
            train, evaluate = override(cls, "train"), override(cls, "eval")
            if train is not None:
                yield from self._judge_train(program, train, evaluate)
            if evaluate is not None and not any(_is_required(p) for p in evaluate.parameters):
                lost = _sets_no_mode(evaluate)
                if lost or (evaluate.calls and not evaluate.returns):
                    yield self._found(evaluate, "eval", _SETS_NO_MODE if lost else _returns_nothing("eval"), lost)

    def _judge_train(self, program: Program, train: Override, evaluate: Override | None) -> Iterator[Finding]:
        mode = next(iter(train.parameters), None)
        if mode is None or (_is_required(mode) and mode.name not in ("mode", "training", "train")):
            called = _evaluated(program, train.cls) if evaluate is None else None
            if called is not None:
                reason = "it takes no mode, and `eval()` is `train(False)`"
                related = (Related(called.place, "this calls `train(False)`"),)
                yield self._found(train, "train", reason, True, related)
        elif _is_forgotten(train, mode.name):
            yield self._found(
                train, "train", f"`super().train()` is not given `{mode.name}`: `eval()` sets training", True
            )
        elif mode.name not in _handed_on(train) and (_sets_no_mode(train) or _sets_its_own_only(train, mode.name)):
            yield self._found(train, "train", f"no part gets `{mode.name}`, and each keeps the mode it has", True)
        elif not train.returns and train.calls:
            lost_by = "eval" if evaluate is None else "train"  # the base's `eval()` returns what `train(False)` does
            yield self._found(train, "train", _returns_nothing(lost_by), False)

    def _found(
        self, method: Override, name: str, reason: str, lost: bool, related: tuple[Related, ...] = ()
    ) -> Finding:
        owner = method.cls.facts.name
        remedy = (
            f"call `super().{name}({'mode' if name == 'train' else ''})` in it" if lost else "end it with `return self`"
        )
        return self.finding(
            method.place,
            f"`{owner}.{name}` breaks the contract of `nn.Module`: {reason}",
            related=related,
            evidence={"class": owner, "mode_is_lost": lost, "returns_self": method.returns},
            confidence=Confidence.HIGH,
            fix=Fix(remedy, safe=not lost),
        )


def _returns_nothing(name: str) -> str:
    return f"it returns nothing, and `net = net.{name}()` makes `net` None"


def _is_required(parameter: facts.Parameter) -> bool:
    return parameter.default is None and not parameter.star


def _is_forgotten(train: Override, mode: str) -> bool:
    """Tell whether the base's `train` is called, never with the mode, nor under a test of it."""
    of_base = [call for call in train.calls_of("train") if _is_super(call)]
    given = [tuple(argument.value for argument in call.arguments) for call in of_base]
    return bool(given) and mode not in train.words and all(values in ((), ALWAYS) for values in given)


def _is_super(call: facts.Call) -> bool:
    base = call.callee.base if isinstance(call.callee, facts.Attribute) else None
    return isinstance(base, facts.Call) and base.callee == facts.Name("super")


def _handed_on(method: Override) -> set[str]:
    """Return the names that are handed to calls."""
    return {a.value.id for call in method.calls for a in call.arguments if isinstance(a.value, facts.Name)}


def _sets_no_mode(method: Override) -> bool:
    """Tell whether the method does something, but nothing that could set the mode of its parts."""
    if method.calls_of("train", "eval") or method.parts - {facts.Name("self")}:
        return False
    own = [call for call in method.calls if facts.render(call.callee).startswith(("self.", "super"))]
    return not own and not method.is_empty


def _sets_its_own_only(train: Override, mode: str) -> bool:
    """Tell whether the mode becomes the flag of the module itself, while no part can learn of it."""
    told = {argument.value for call in train.calls_of("train") for argument in call.arguments}
    by_base = any(_is_super(call) for call in train.calls)
    return mode in train.kept and not by_base and told <= {facts.Literal(False)}


def _evaluated(program: Program, cls: ClassValue) -> Called | None:
    """Return a call of `eval()` on an instance of the class, or on a module that holds one."""
    for called in program.calls(".eval"):
        if isinstance(called.receiver, Object):
            for module in modules_in(called.receiver):
                if (
                    isinstance(module, Object)
                    and isinstance(module.origin, ClassValue)
                    and cls in module.origin.lineage()
                ):
                    return called
    return None
