"""TL108: modules are kept in a plain list or dict."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.edit import Rewrite
from trainlint.finding import Finding, Fix, Related, Severity
from trainlint.operations import Role
from trainlint.program.anatomy import LEARNS, has_frozen_parameters, layers_of
from trainlint.program.query import Program
from trainlint.program.readings import readings
from trainlint.program.records import Assigned
from trainlint.program.values import ClassValue, Items, Object, OneOf, Table, Value
from trainlint.rule import Rule

# Methods by which a program takes care of the modules of a list itself.
BY_HAND = (".parameters", ".named_parameters", ".state_dict", ".load_state_dict")


class ModulesInPlainList(Rule):
    """Modules with parameters are kept in a Python list or dict, where their owner does not see them.

    ## What it finds
    An attribute of a module that is a list, a tuple or a dict of modules with parameters and that `forward` uses, where
    nothing else registers these modules: no `nn.ModuleList`, no `nn.Sequential`, no `add_module`, no attribute of their
    own, no use of their `.parameters()` by hand.

    ## Why it hurts
    A module finds its parts among its attributes, not inside lists. What stands in a list is missing from
    `.parameters()`: the optimizer never changes it, so of a network with 10 blocks in a list none learns. It is missing
    from `.state_dict()`, so a checkpoint loses it; `.to(device)` leaves it behind, and `.eval()` does not reach its
    dropout and batch norm.

    ## What to do
    Wrap the list in `nn.ModuleList`, the dict in `nn.ModuleDict`. The fix is unsafe because checkpoints get
    more keys than before, and more parameters train.

    ## When to ignore it
    When the modules are meant to be hidden: a single teacher in a list, `self.teacher = [teacher]`, and modules whose
    parameters are frozen are not reported.
    """

    code = "TL108"
    name = "modules-in-plain-list"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.ModuleList.html",
        "https://docs.pytorch.org/docs/stable/notes/modules.html#modules-as-building-blocks",
    )
    bad = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 4) for _ in range(3)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x).relu()
        return x

outputs = Net()(torch.randn(8, 4))
"""
    good = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x).relu()
        return x

outputs = Net()(torch.randn(8, 4))
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        kept = [assigned for assigned in program.assigned if _keeps_modules(program, assigned)]
        if not kept:
            return
        seen = {module.ident for owner in program.objects for module in _registered(owner)}
        seen |= {receiver.ident for receiver in _cared_for(program)}
        for assigned in kept:
            hidden = [module for module in _listed(assigned.value) if _learns(module)]
            if not hidden or any(module.ident in seen for module in hidden):
                continue
            assert isinstance(assigned.owner, Object)
            first = hidden[0]
            kind, wrapper = (
                ("dict", "nn.ModuleDict") if isinstance(assigned.value, Table) else ("list", "nn.ModuleList")
            )
            yield self.finding(
                assigned.place,
                f"`{assigned.text}` is a plain {kind}: its modules are not among the parameters of `{_name(assigned)}`",
                related=() if first.place is None else (Related(first.place, "this module is not registered"),),
                evidence={"kept_in": kind, "registered": False},
                fix=Fix(
                    f"wrap it: `{assigned.text} = {wrapper}(…)`",
                    edits=(Rewrite(assigned.place, f"{{torch.{wrapper}}}({{}})", part="value"),),
                ),
            )


def _keeps_modules(program: Program, assigned: Assigned) -> bool:
    """Tell whether this is a list or dict that a module keeps for good and uses in its forward."""
    owner = assigned.owner
    if not isinstance(owner, Object) or owner.role is not Role.MODEL or not isinstance(owner.origin, ClassValue):
        return False
    if not isinstance(assigned.value, (Items, Table)) or owner.members.get(assigned.name) is not assigned.value:
        return False
    if isinstance(assigned.value, Items) and assigned.value.complete and len(assigned.value.items) == 1:
        return False  # a teacher that is hidden on purpose
    finds_by_itself = any(
        owner.origin.member(name) is not None for name in ("parameters", "named_parameters", "_apply")
    )
    if finds_by_itself or program.looks_at(owner, "_modules") or program.looks_at(owner, "__dict__"):
        return False
    return program.used_in_forward(owner, assigned.name)


def _listed(value: Value) -> Iterator[Object]:
    """Yield the modules inside a list or dict, or inside lists in it."""
    match value:
        case Object(role=Role.MODEL):
            yield value
        case Object(role=None, origin=str(), arguments=arguments):  # `list(…)`, `OrderedDict(…)`
            for given in arguments.values():
                yield from _listed(given)
        case Items(items=inner) | OneOf(inner):
            for item in inner:
                yield from _listed(item)
        case Table():
            for item in value.held:
                yield from _listed(item)


def _registered(owner: Object) -> Iterator[Object]:
    """Yield the modules that a module knows as its own parts: attributes, and what containers of torch are given."""
    if owner.role is not Role.MODEL:
        return
    for member in owner.members.values():
        yield from (reading for reading in readings(member) if isinstance(reading, Object))
    if isinstance(owner.origin, str):
        for given in owner.arguments.values():
            yield from _listed(given)


def _cared_for(program: Program) -> Iterator[Object]:
    for called in program.calls(*BY_HAND):
        receiver = called.receiver
        if isinstance(receiver, Object):
            yield receiver


def _learns(module: Object) -> bool:
    return not has_frozen_parameters(module) and any(layer.kind in LEARNS for layer in layers_of(module))


def _name(assigned: Assigned) -> str:
    assert isinstance(assigned.owner, Object)
    origin = assigned.owner.origin
    return origin.facts.name if isinstance(origin, ClassValue) else origin
