"""What a statement does: to names, and to the order of operations."""

from __future__ import annotations

from trainlint.program import facts
from trainlint.program.assignment import assign, handed_back
from trainlint.program.branches import attempt, branch, choose
from trainlint.program.definitions import bind_imports, make_class, make_function
from trainlint.program.flow import Exit
from trainlint.program.iteration import extend
from trainlint.program.machine import MAX_STEPS, Machine
from trainlint.program.managers import with_contexts
from trainlint.program.modes import assert_training
from trainlint.program.names import share_names
from trainlint.program.readings import join
from trainlint.program.recorder import place_of
from trainlint.program.records import Mentioned
from trainlint.program.repetition import loop_over, loop_while
from trainlint.program.settings import settings
from trainlint.program.values import NONE, Constant, Items, Namespace, Value


def run_statement(machine: Machine, statement: facts.Statement, namespace: Namespace) -> bool:
    """Interpret a statement; return whether control may go on behind it."""
    machine.here.steps += 1
    if machine.here.steps > MAX_STEPS:
        return True
    match statement:
        case facts.Evaluate(facts.Attribute(base, name) as expression):
            owner = machine.evaluate(base, namespace)
            if statement is not machine.tried:
                text, place = facts.render(expression), place_of(statement, namespace)
                if not statement.asserts:
                    machine.mentioned.append(Mentioned(owner, name, text, place))
                elif name == "training":
                    assert_training(machine, owner, text, place)
        case facts.Evaluate(expression):
            machine.statement = expression
            machine.evaluate(expression, namespace)
            return not (machine.here.out and isinstance(machine.here.out[-1], Exit))
        case facts.Assign(targets, expression):
            value = machine.evaluate(expression, namespace)
            if isinstance(expression, facts.Literal) and isinstance(expression.value, bool):
                value = _as_set(machine, targets, value, namespace)
            for target in targets:
                given = handed_back(machine, expression, target, value, namespace)
                assign(machine, target, given, namespace, statement)
        case facts.Augment(target, operator, expression):
            known = machine.evaluate(target, namespace)
            if isinstance(known, Items) and operator == "+":
                extend(machine, known, machine.evaluate(expression, namespace))
                return True
            sum_ = facts.Binary(operator, target, expression)
            changed = machine.evaluate(sum_, namespace)
            if isinstance(changed, Constant):
                changed = machine.unknown()
            written = facts.Assign((target,), sum_, statement.ordinal)
            assign(machine, target, changed, namespace, written)
        case facts.If():
            return branch(machine, statement, namespace)
        case facts.For():
            return loop_over(machine, statement, namespace)
        case facts.While():
            return loop_while(machine, statement, namespace)
        case facts.With():
            return with_contexts(machine, statement, namespace)
        case facts.Try():
            return attempt(machine, statement, namespace)
        case facts.Match(subject, cases):
            machine.evaluate(subject, namespace)
            return choose(machine, [*cases, ()], namespace)
        case facts.Leave(kind, returned):
            value = NONE if returned is None else machine.evaluate(returned, namespace)
            if kind == "return" and machine.here.frames:
                frame = machine.here.frames[-1]
                frame.returned = value if frame.returned is None else join(frame.returned, value)
            machine.here.out.append(Exit(kind))
            return False
        case facts.Delete(targets):
            for target in targets:
                if isinstance(target, facts.Name):
                    namespace.variables.pop(target.id, None)
                elif isinstance(target, facts.Subscript):
                    machine.note_released(machine.evaluate(target.base, namespace))
        case facts.Share(names):
            machine.oldest_changed = 0
            share_names(names, namespace)
        case facts.Import(bindings):
            bind_imports(machine, bindings, namespace)
        case facts.Function():
            namespace.variables[statement.name] = make_function(machine, statement, namespace)
        case facts.Class():
            namespace.variables[statement.name] = make_class(machine, statement, namespace)
    return True


def _as_set(machine: Machine, targets: tuple[facts.Expression, ...], value: Value, namespace: Namespace) -> Value:
    """Return what `flag = True` makes of its target: of a setting, the value is only what it is by default."""
    match targets:
        case (facts.Name(name),) if name in _settings_around(machine, namespace):
            setting = machine.unknown(name)
            setting.default = value
            return setting
    return value


def _settings_around(machine: Machine, namespace: Namespace) -> frozenset[str]:
    """Return the settings of the script or function whose variables these are."""
    if namespace.outer is None:
        block = namespace.file.facts.body
    elif namespace.function and machine.here.frames:
        function = machine.here.frames[-1].function.facts
        block = function.body if isinstance(function, facts.Function) else ()
    else:
        return frozenset()
    known = machine.settings.get(id(block))
    if known is None:
        known = machine.settings[id(block)] = settings(block)
    return known
