"""All files of a repository: which function a call means, and where a value comes from."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from benchmarks.accuracy.defaults import collect
from benchmarks.accuracy.script import FUNCTIONS, SCOPES, Function, Scope, Script

DEPTH = 8  # calls and assignments that are followed from a name to where its value is made

# What returns the object that it is called on, or the one that it is given, as far as training is concerned.
PASSING_METHODS = frozenset({"to", "cuda", "cpu", "float", "double", "half", "train", "eval", "requires_grad_", "type"})
PASSING_CALLS = (
    *("torch.nn.DataParallel", "torch.nn.parallel.DataParallel", "torch.nn.parallel.DistributedDataParallel"),
    *("torch.compile", "torch.nn.SyncBatchNorm.convert_sync_batchnorm", "torch.jit.script"),
    *("copy.deepcopy", "enumerate", "tqdm", "tqdm.tqdm", "tqdm.auto.tqdm", "iter"),
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
        self._made: dict[ast.expr, list[Made] | None] = {}
        self._bound: dict[Scope, dict[str, list[ast.expr | None]]] = {}
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

    def all_callers(self, script: Script, function: Function, depth: int = 3) -> Iterator[tuple[Script, ast.Call]]:
        """Yield the calls that may mean a function, and those of the functions in which they stand, and so on."""
        for home, call in self.callers(script, function):
            yield home, call
            outer = home.function(call)
            if depth and outer is not None and outer is not function:
                yield from self.all_callers(home, outer, depth - 1)

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

    def makers(self, script: Script, value: ast.expr) -> list[Made] | None:
        """Return every place at which the value may be made; `None` where one of them is not known."""
        if value not in self._made:
            self._made[value] = _Makers(self).of(script, value, DEPTH)
        return self._made[value]

    def bound(self, script: Script, scope: Scope, name: str) -> list[ast.expr | None]:
        """Return what a scope sets a name to, and a class an attribute of `self`; `None` for what is not known."""
        if scope not in self._bound:
            nodes = ast.walk(scope) if isinstance(scope, ast.ClassDef) else script.own(scope)
            found = self._bound[scope] = {}
            for node in nodes:
                for target, value in _bindings(node):
                    found.setdefault(target, []).append(value)
        return self._bound[scope].get(name, [])


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
                return self._all(((script, each) for each in (body, orelse)), depth - 1)
            case ast.Name(id=name):
                key = (script.name, script.qualified(value), name)
                if key in self.seen:
                    return []
                self.seen.add(key)
                return self._name(script, value, depth)
            case ast.Subscript(value=ast.Call() as call, slice=ast.Constant(value=int() as index)):
                return self._all(self._returned(script, call, index), depth - 1)
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

    def _all(self, values: Iterable[tuple[Script, ast.expr | None]], depth: int) -> list[Made] | None:
        found: list[Made] = []
        for script, value in values:
            made = None if value is None else self.of(script, value, depth)
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
        returned = list(self._returned(script, call))
        if returned:
            return self._all(returned, depth - 1)
        return [Made(script, call, dotted)] if "." in dotted and dotted.split(".")[0] in _roots(script) else None

    def _returned(
        self, script: Script, call: ast.Call, index: int | None = None
    ) -> Iterator[tuple[Script, ast.expr | None]]:
        """Yield what the functions return that a call may mean, or the part of it with that index."""
        if not isinstance(call.func, ast.Name) and not _is_of_module(script, call.func):
            return
        for home, function in self.repository.callees(script, call):
            for node in home.own(function):
                if isinstance(node, ast.Return) and node.value is not None:
                    if index is None:
                        yield home, node.value
                    elif isinstance(node.value, ast.Tuple) and index < len(node.value.elts):
                        yield home, node.value.elts[index]
                    else:
                        yield home, None

    def _name(self, script: Script, name: ast.Name, depth: int) -> list[Made] | None:
        scopes = [outer for outer in script.ancestors(name) if isinstance(outer, SCOPES)]
        for scope in scopes:
            if isinstance(scope, ast.ClassDef):
                continue
            bound = self.repository.bound(script, scope, name.id)
            if bound:
                return self._all(((script, value) for value in bound), depth - 1)
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
        bound = [] if owner is None else self.repository.bound(script, owner, f"self.{attr}")
        return self._all(((script, value) for value in bound), depth - 1) if bound else None


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


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield the names, and attributes of `self`, that a node sets, and to what; `None` if not by a plain assignment."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Tuple | ast.List):
                    yield from ((name, _unpacked(target, value, name)) for name in _names(target))
                else:
                    whole = _names(target) == {ast.unparse(target)}
                    yield from ((name, value if whole else None) for name in _names(target))
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield ast.unparse(target), value
        case (
            ast.For(target=target)
            | ast.comprehension(target=target)
            | ast.withitem(optional_vars=ast.expr() as target)
            | ast.AugAssign(target=target)
            | ast.NamedExpr(target=target)
        ):
            yield from ((name, None) for name in _names(target))


def _unpacked(target: ast.Tuple | ast.List, value: ast.expr, name: str) -> ast.expr | None:
    """Return the part of a value that a name in a tuple of targets is set to."""
    at = next((i for i, each in enumerate(target.elts) if ast.unparse(each) == name), None)
    if at is None or any(isinstance(each, ast.Starred) for each in target.elts):
        return None
    if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
        return value.elts[at]
    return ast.Subscript(value, ast.Constant(at), ast.Load()) if isinstance(value, ast.Call) else None


def _names(target: ast.expr) -> set[str]:
    """Return the names and attributes of `self` that an assignment to this target sets or changes."""
    match target:
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return {name for part in parts for name in _names(part)}
        case ast.Starred(value=inner) | ast.Subscript(value=inner):
            return _names(inner)
        case ast.Name(id=name):
            return {name}
        case ast.Attribute(value=ast.Name(id="self"), attr=attr):
            return {f"self.{attr}"}
    return set()


def _is_of_module(script: Script, callee: ast.expr) -> bool:
    return (
        isinstance(callee, ast.Attribute) and isinstance(callee.value, ast.Name) and callee.value.id in script.imports
    )


def _roots(script: Script) -> set[str]:
    return {dotted.split(".")[0] for dotted in script.imports.values()}
