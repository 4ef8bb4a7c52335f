"""All files of a repository: which function a call means, and where a value comes from."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from benchmarks.accuracy.defaults import collect
from benchmarks.accuracy.script import FUNCTIONS, SCOPES, Function, Script

DEPTH = 6  # calls and assignments that are followed from a name to where its value is made

# What returns the object that it is called on, or the one that it is given, as far as training is concerned.
PASSING_METHODS = frozenset({"to", "cuda", "cpu", "float", "double", "half", "train", "eval", "requires_grad_", "type"})
PASSING_CALLS = (
    *("torch.nn.DataParallel", "torch.nn.parallel.DataParallel", "torch.nn.parallel.DistributedDataParallel"),
    *("torch.compile", "torch.nn.SyncBatchNorm.convert_sync_batchnorm", "torch.jit.script"),
    *("enumerate", "tqdm", "tqdm.tqdm", "tqdm.auto.tqdm", "iter"),
)


@dataclass(frozen=True, slots=True)
class Made:
    """Where a value is made: a call of a library's class or function, or of a class of the repository."""

    script: Script
    call: ast.Call
    of: str  # the full name of what is called
    kind: tuple[Script, ast.ClassDef] | None = None


class Repository:
    """The files of one repository, by the names that they define."""

    def __init__(self, scripts: Iterable[Script]) -> None:
        self.scripts = list(scripts)
        self.functions: dict[str, list[tuple[Script, Function]]] = {}
        self.classes: dict[str, list[tuple[Script, ast.ClassDef]]] = {}
        self.called: dict[str, list[tuple[Script, ast.Call]]] = {}
        for script in self.scripts:
            for node in ast.walk(script.tree):
                match node:
                    case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                        self.functions.setdefault(name, []).append((script, node))
                    case ast.ClassDef(name=name):
                        self.classes.setdefault(name, []).append((script, node))
                    case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
                        self.called.setdefault(name, []).append((script, node))

    @cached_property
    def defaults(self) -> dict[str, list[float]]:
        """Return the numbers that names are given anywhere."""
        return collect(self.scripts)

    def callees(self, script: Script, call: ast.Call) -> list[tuple[Script, Function]]:
        """Return the functions of the repository that a call may mean, judged by name."""
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        found = self.functions.get(name, [])
        if not isinstance(call.func, ast.Name):
            return found
        found = [(home, each) for home, each in found if home.owner(each) is None]
        return [(home, each) for home, each in found if home is script] or found

    def callers(self, script: Script, function: Function) -> Iterator[tuple[Script, ast.Call]]:
        """Yield the calls that may mean a function, judged by name; for a method, also calls of its object."""
        for home, call in self.called.get(function.name, []):
            if any(each is function for _, each in self.callees(home, call)):
                yield home, call

    def repeated(self, script: Script, function: Function, depth: int = 3) -> bool:
        """Tell whether the function is surely called in a loop, itself or a function that it is called by.

        A method counts only where it is called on `self`, or where no other function and no library has its name.
        """
        if depth == 0:
            return False
        for home, call in self.callers(script, function):
            if script.owner(function) is not None and not self._is_own(home, call, function):
                continue
            if home.loops(call):
                return True
            outer = home.function(call)
            if outer is not None and outer is not function and self.repeated(home, outer, depth - 1):
                return True
        return False

    def _is_own(self, script: Script, call: ast.Call, function: Function) -> bool:
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "self":
            owner = script.owner(call)
            return owner is not None and function in owner.body
        return len(self.functions[function.name]) == 1 and function.name not in LIBRARY_METHODS

    def makers(self, script: Script, value: ast.expr, depth: int = DEPTH) -> list[Made] | None:
        """Return every place at which the value may be made; `None` where one of them is not known."""
        return _Makers(self).of(script, value, depth)

    def made_by(self, script: Script, value: ast.expr, names: Iterable[str] | Mapping[str, object]) -> bool:
        """Tell whether the value surely is one of these: each name is the end of a full name."""
        makers = self.makers(script, value)
        wanted = tuple(names)
        return bool(makers) and all(made.of.split(".")[-1] in wanted for made in makers or ())


# Methods of torch's own objects: a call of one of these says nothing about a method of the repository.
LIBRARY_METHODS = frozenset({"train", "eval", "step", "update", "forward", "to", "apply", "test", "fit", "__call__"})


class _Makers:
    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.seen: set[tuple[str, str, str]] = set()

    def of(self, script: Script, value: ast.expr, depth: int) -> list[Made] | None:
        if depth == 0:
            return None
        match value:
            case ast.Constant(value=None):
                return []
            case ast.Call():
                return self._call(script, value, depth)
            case ast.IfExp(body=body, orelse=orelse):
                return self._all((script, each) for each in (body, orelse)) if depth else None
            case ast.Name(id=name):
                key = (script.name, script.qualified(value), name)
                if key in self.seen:
                    return []
                self.seen.add(key)
                return self._name(script, value, depth)
            case ast.Attribute(attr="module", value=inner):
                return self.of(script, inner, depth)
            case ast.Attribute(value=ast.Name(id="self"), attr=attr):
                owner = script.owner(value)
                key = (script.name, owner.name if owner else "", f"self.{attr}")
                if key in self.seen:
                    return []
                self.seen.add(key)
                return self._member(script, owner, attr, depth)
        return None

    def _all(self, values: Iterable[tuple[Script, ast.expr]], depth: int = DEPTH - 1) -> list[Made] | None:
        found: list[Made] = []
        for script, value in values:
            made = self.of(script, value, depth)
            if made is None:
                return None
            found += made
        return found

    def _call(self, script: Script, call: ast.Call, depth: int) -> list[Made] | None:
        if isinstance(call.func, ast.Attribute) and call.func.attr in PASSING_METHODS:
            inner = self.of(script, call.func.value, depth - 1)
            if inner is not None:
                return inner
        dotted = script.dotted(call.func)
        if dotted in PASSING_CALLS and call.args:
            return self.of(script, call.args[0], depth - 1)
        last = dotted.split(".")[-1]
        classes = self.repository.classes.get(last, [])
        here = [each for each in classes if each[0] is script]
        if classes and isinstance(call.func, ast.Name | ast.Attribute):
            return [Made(script, call, dotted, each) for each in here or classes]
        by_name = isinstance(call.func, ast.Name) or _is_of_module(script, call.func)
        if by_name and (functions := self.repository.callees(script, call)):
            returned = [
                (home, node.value)
                for home, function in functions
                for node in home.own(function)
                if isinstance(node, ast.Return) and node.value is not None
            ]
            return self._all(returned, depth - 1) if returned else None
        return [Made(script, call, dotted)] if "." in dotted and dotted.split(".")[0] in _roots(script) else None

    def _name(self, script: Script, name: ast.Name, depth: int) -> list[Made] | None:
        scopes = [outer for outer in script.ancestors(name) if isinstance(outer, SCOPES)]
        for scope in scopes:
            if isinstance(scope, ast.ClassDef):
                continue
            bound = list(_bindings(script.own(scope), name.id))
            if bound:
                return None if None in bound else self._all(((script, b) for b in bound if b is not None), depth - 1)
            if isinstance(scope, FUNCTIONS) and name.id in _parameters(scope):
                return self._parameter(script, scope, name.id, depth)
        return None

    def _parameter(self, script: Script, function: Function, name: str, depth: int) -> list[Made] | None:
        given: list[tuple[Script, ast.expr]] = []
        for home, call in self.repository.callers(script, function):
            argument = argument_for(script, function, call, name)
            if argument is None:
                return None
            given.append((home, argument))
        return self._all(given, depth - 1) if given else None

    def _member(self, script: Script, owner: ast.ClassDef | None, attr: str, depth: int) -> list[Made] | None:
        if owner is None:
            return None
        bound: list[ast.expr | None] = []
        for node in ast.walk(owner):
            if isinstance(node, ast.Assign) and any(ast.unparse(t) == f"self.{attr}" for t in node.targets):
                bound.append(node.value)
            elif isinstance(node, ast.Assign) and any(f"self.{attr}" in ast.unparse(t) for t in node.targets):
                bound.append(None)
        if not bound or None in bound:
            return None
        return self._all(((script, value) for value in bound if value is not None), depth - 1)


def argument_for(script: Script, function: Function, call: ast.Call, name: str) -> ast.expr | None:
    """Return the argument of a call that a parameter gets."""
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return None
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
    if script.owner(function) is not None and names[:1] == ["self"]:
        names = names[1:]
    if name in names and names.index(name) < len(call.args):
        return call.args[names.index(name)]
    return None


def _parameters(function: Function) -> set[str]:
    every = function.args
    named = (*every.posonlyargs, *every.args, *every.kwonlyargs, every.vararg, every.kwarg)
    return {arg.arg for arg in named if arg is not None}


def _bindings(nodes: Iterable[ast.AST], name: str) -> Iterator[ast.expr | None]:
    """Yield what a name is set to; `None` where that is not a plain assignment."""
    for node in nodes:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name) and target.id == name:
                        yield value
                    elif isinstance(target, ast.Tuple | ast.List) and name in _names(target):
                        yield _unpacked(target, value, name)
            case ast.AnnAssign(target=ast.Name(id=target_id), value=value) if target_id == name and value is not None:
                yield value
            case ast.For(target=target) | ast.comprehension(target=target) if name in _names(target):
                yield None
            case ast.withitem(optional_vars=ast.expr() as target) if name in _names(target):
                yield None
            case ast.AugAssign(target=ast.Name(id=target_id)) if target_id == name:
                yield None
            case ast.NamedExpr(target=ast.Name(id=target_id)) if target_id == name:
                yield None


def _unpacked(target: ast.Tuple | ast.List, value: ast.expr, name: str) -> ast.expr | None:
    if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
        for each, element in zip(target.elts, value.elts, strict=True):
            if isinstance(each, ast.Name) and each.id == name:
                return element
    return None


def _names(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _is_of_module(script: Script, callee: ast.expr) -> bool:
    return (
        isinstance(callee, ast.Attribute) and isinstance(callee.value, ast.Name) and callee.value.id in script.imports
    )


def _roots(script: Script) -> set[str]:
    return {dotted.split(".")[0] for dotted in script.imports.values()}
