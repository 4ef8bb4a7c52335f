"""What the methods of lists, dicts and argument parsers do."""

from __future__ import annotations

from trainlint.program import facts
from trainlint.program.iteration import extend
from trainlint.program.machine import Machine
from trainlint.program.recorder import place_of
from trainlint.program.values import NONE, Arguments, Constant, Items, Namespace, Object, Table, Unknown, Value


def container_method(machine: Machine, base: Items | Table, name: str, arguments: Arguments) -> Value:
    """Call a method of a list, tuple, set or dict."""
    machine.hand_over(arguments.values())
    first = arguments.get(0, "object")
    if isinstance(base, Items):
        if name == "insert" and isinstance(first, Constant) and isinstance(first.value, int):
            base.items.insert(first.value, arguments.positional[-1])
            base.complete = base.complete and base.made_in == machine.here.block
        elif name in ("append", "add", "insert", "appendleft") and arguments.positional:
            base.items.append(arguments.positional[-1])
            if machine.here.block == base.block:
                machine.note_neighbours(base.items[-2:])
            base.block = machine.here.block
            base.complete = base.complete and base.made_in == machine.here.block
        elif name in ("extend", "update"):
            if first is not None:
                extend(machine, base, first)
        elif name == "copy":
            return base
        elif name in ("pop", "remove", "clear"):
            if name == "pop" and base.complete and base.items and base.made_in == machine.here.block and first is None:
                return base.items.pop()
            base.complete, base.block = False, -1
            return machine.unknown()
        return NONE
    values = base.held
    match name:
        case "get" | "pop" | "setdefault" if isinstance(first, Constant):
            default = arguments.get(1, "default") or NONE
            if first.value in base.pairs:
                return base.pairs[first.value]
            return default if base.complete else machine.unknown(str(first.value))
        case "values":
            return Items("list", values, machine.number(), base.complete)
        case "keys":
            keys: list[Value] = [_constant(key) for key in base.pairs]
            return Items("list", keys, machine.number(), base.complete)
        case "items":
            pairs: list[Value] = [
                Items("tuple", [_constant(key), value], machine.number()) for key, value in base.pairs.items()
            ]
            return Items("list", pairs, machine.number(), base.complete)
        case "update":
            if isinstance(first, Table):
                base.pairs.update(first.pairs)
                base.complete = base.complete and first.complete
            elif first is not None:
                base.complete = False
                machine.forget_constants(base.pairs)
            base.pairs.update(arguments.keyword)
            return NONE
        case "copy":
            return Table(dict(base.pairs), machine.number(), base.complete, list(base.rest))
    return machine.unknown(name)


def note_held(
    machine: Machine, base: Items | Table, name: str, arguments: Arguments, node: facts.Call, namespace: Namespace
) -> None:
    """Tell the loops that are younger than a list what is appended to it, or that it is emptied."""
    if name in ("clear", "pop", "popleft", "remove"):
        machine.note_released(base)
    if name == "append" and len(arguments.positional) == 1 and isinstance(node.callee, facts.Attribute):
        holder, value = facts.render(node.callee.base), arguments.positional[0]
        machine.note_kept(holder, base.key, value, place_of(node, namespace), base.ident, adds=False)


def _constant(key: object) -> Constant:
    return Constant(key)  # type: ignore[arg-type]


def parser_method(machine: Machine, base: Object, name: str, arguments: Arguments) -> Value:
    """Call a method of an `argparse.ArgumentParser`: what it parses has the defaults that it was told of."""
    match name:
        case "add_argument":
            flags = [v.value for v in arguments.positional if isinstance(v, Constant) and isinstance(v.value, str)]
            target = arguments.get(-1, "dest")
            if isinstance(target, Constant):
                flags = [str(target.value)]
            long = [flag for flag in flags if flag.startswith("--")] or flags
            if long:
                option = machine.unknown(long[0].lstrip("-").replace("-", "_"))
                option.default = arguments.get(-1, "default")
                base.members[option.name] = option
            return NONE
        case "add_argument_group" | "add_mutually_exclusive_group":
            return base
        case "parse_args" | "parse_known_args":
            args = machine.unknown("args")
            given = base.arguments.get(-1, "parents")
            parents = given.items if isinstance(given, Items) else []
            for parser in (*(parent for parent in parents if isinstance(parent, Object)), base):
                options = parser.members.items()
                args.members.update({key: value for key, value in options if isinstance(value, Unknown)})
            if name == "parse_known_args":
                return Items("tuple", [args, machine.unknown("rest")], machine.number())
            return args
    return machine.unknown(name)
