"""Interpret the facts of a program: what each name may be, and which operations happen in which order."""

from __future__ import annotations

from collections.abc import Callable

from trainlint.finding import Place
from trainlint.frozen import replace
from trainlint.operations import Role
from trainlint.program import facts
from trainlint.program.assignment import call_it
from trainlint.program.attributes import attribute
from trainlint.program.calls import call
from trainlint.program.contexts import AUTOCAST_OFF
from trainlint.program.expressions import evaluate, look_up
from trainlint.program.flow import Scope
from trainlint.program.interest import find_interest
from trainlint.program.iteration import generator
from trainlint.program.layers import trace_modules
from trainlint.program.machine import MAX_STEPS, Machine
from trainlint.program.readings import bound, join
from trainlint.program.rebuild import make_once
from trainlint.program.records import Frame, Root
from trainlint.program.situation import Situation
from trainlint.program.statements import run_statement
from trainlint.program.torch_api import FRAMEWORKS, role_by_name, role_of_constructor
from trainlint.program.values import (
    NONE,
    Arguments,
    ClassValue,
    Constant,
    External,
    File,
    FunctionValue,
    Items,
    Namespace,
    Object,
    Table,
    Value,
)

MAX_FRAMES = 24  # calls inside calls that are followed


class Interpreter(Machine):
    """Interprets every file of a project, and every function that nothing in it calls."""

    def run(self) -> None:
        """Interpret all files, then all functions that nothing called, then follow all modules."""
        self.interest = find_interest(file.facts for file in self.project.files)
        for file in self.project.files:
            self.load(file)
        for file in self.project.files:
            assert file.namespace is not None
            self.run_uncalled(file.facts.body, file.namespace)
        trace_modules(self)

    def load(self, file: File) -> Namespace:
        """Interpret the top level of a file, once."""
        if file.namespace is None:
            namespace = file.namespace = Namespace(file, None)
            namespace.variables["__name__"] = Constant("__main__")
            self.run_root(Root(file, "", self.number()), True, lambda: self.run_block(file.facts.body, namespace))
        return file.namespace

    def run_root(self, root: Root, grad: bool | None, run: Callable[[], object]) -> None:
        """Interpret code that is run from outside; its operations make one tree."""
        autocast = AUTOCAST_OFF if grad else None  # who calls a function may have set it
        outer, self.here = self.here, Situation(root, grad, autocast)
        try:
            run()
            root.tree = tuple(self.here.out)
        except RecursionError:  # nested too deeply to be followed
            self.here.steps = MAX_STEPS + 1
        if self.here.steps > MAX_STEPS:  # what is known in part only is not judged
            root.operations.clear()
        self.here = outer
        if root.operations:
            self.roots.append(root)

    def run_uncalled(self, body: facts.Block, namespace: Namespace) -> None:
        """Interpret the functions and methods of a block that nothing in the program calls."""
        for statement in body:
            match statement:
                case facts.Function():
                    value = namespace.variables.get(statement.name)
                    if isinstance(value, FunctionValue):
                        self.run_alone(value)
                case facts.Class():
                    value = namespace.variables.get(statement.name)
                    if isinstance(value, ClassValue) and value.facts is statement:
                        self.run_methods(value)
                case facts.If():
                    self.run_uncalled(statement.then, namespace)
                    self.run_uncalled(statement.orelse, namespace)

    def run_methods(self, cls: ClassValue) -> None:
        """Interpret the methods of a class that nothing calls, on one instance."""
        if any(not base or FRAMEWORKS.match(base) for base in cls.library_bases()):
            return
        methods = [m for m in cls.namespace.variables.values() if isinstance(m, FunctionValue)]
        fresh = [
            m
            for m in methods
            if id(m.facts) in self.interest.functions and id(m.facts) not in self.invoked and m.name != "__init__"
        ]
        if not fresh:
            return
        instance = next((o for o in self.objects if o.origin is cls), None)
        if instance is None:
            root = Root(cls.namespace.file, cls.facts.name, self.number())
            made: list[Object] = []
            init = cls.member("__init__")
            arguments = Arguments() if not isinstance(init, FunctionValue) else self.open_arguments(init, skip=1)
            self.run_root(root, None, lambda: made.append(self.instantiate(cls, arguments, None)))
            instance = made[0]
        for method in fresh:
            if id(method.facts) not in self.invoked:
                self.run_alone(replace(method, receiver=instance))

    def run_alone(self, function: FunctionValue) -> None:
        """Interpret a function that nothing calls, unless it can have nothing to do with training."""
        if id(function.facts) in self.invoked or id(function.facts) not in self.interest.functions:
            return
        root = Root(function.namespace.file, function.name, self.number())
        arguments = self.open_arguments(function, skip=0 if function.receiver is None else 1)
        self.run_root(root, None, lambda: self.hand_over([self.invoke(function, arguments)]))

    def open_arguments(self, function: FunctionValue, skip: int) -> Arguments:
        """Return arguments of which nothing is known but the parameters' names and defaults."""
        keyword: dict[str, Value] = {}
        for parameter in function.facts.parameters[skip:]:
            if not parameter.star:
                value = self.unknown(parameter.name)
                value.role = role_by_name(parameter.name)
                if parameter.default is not None:
                    value.default = self.evaluate(parameter.default, function.namespace)
                keyword[parameter.name] = value
        return Arguments((), keyword, complete=False)

    # Expressions

    def evaluate(self, expression: facts.Expression, namespace: Namespace) -> Value:
        if isinstance(expression, facts.Name):  # the commonest kinds first
            value = look_up(self, expression.id, namespace)
        elif isinstance(expression, facts.Attribute):
            value = attribute(self, self.evaluate(expression.base, namespace), expression.name, namespace.file)
        elif isinstance(expression, facts.Call):
            return call(self, expression, namespace)
        else:
            return evaluate(self, expression, namespace)
        if self.here.tracing:
            self.note_read(value)
        return value

    # Calls of the program's own functions and classes

    def invoke(
        self, function: FunctionValue, arguments: Arguments, on_yield: Callable[[Value], None] | None = None
    ) -> Value:
        self.invoked.add(id(function.facts))
        place, self.called_from = self.called_from, None
        recursive = any(
            frame.function.facts is function.facts and frame.function.namespace is function.namespace
            for frame in self.here.frames
        )
        if recursive or len(self.here.frames) >= MAX_FRAMES or self.here.steps > MAX_STEPS:
            self.cuts += 1
            return self.unknown("", *arguments.values())
        if function.remembers and self.here.loops:
            return self.unknown("", *arguments.values())
        namespace = Namespace(function.namespace.file, function.namespace, function=function.name)
        self.bind(function, arguments, namespace)
        around = self.here.frames[-1].functions if self.here.frames else ()
        frame = Frame(function, (*around, function), on_yield=on_yield, place=place, around=len(self.here.loops))
        saved_grad, saved_autocast, saved_turn = self.here.grad, self.here.autocast, self.here.turn
        if function.grad is not None:
            self.here.grad = function.grad
        if function.autocast is not None:
            self.here.autocast = function.autocast
        self.here.frames.append(frame)
        with self.captured() as out:
            if isinstance(function.facts, facts.Lambda):
                frame.returned = self.evaluate(function.facts.body, namespace)
                falls = False
            else:
                falls = self.run_block(function.facts.body, namespace)
        self.here.frames.pop()
        self.here.turn = saved_turn
        if function.grad is not None:
            self.here.grad = saved_grad
        if function.autocast is not None:
            self.here.autocast = saved_autocast
        if out:
            self.here.out.append(Scope(tuple(out)))
        if frame.yielded:
            return generator(self, frame)
        if frame.returned is None:
            return NONE
        return join(frame.returned, NONE) if falls else frame.returned

    def bind(self, function: FunctionValue, arguments: Arguments, namespace: Namespace) -> None:
        positional = list(arguments.positional)
        if function.receiver is not None:
            positional.insert(0, function.receiver)
        keyword = dict(arguments.keyword)
        for parameter in function.facts.parameters:
            value: Value
            if parameter.star == "*":
                value = Items("tuple", positional, self.number(), arguments.complete)
                positional = []
            elif parameter.star == "**":
                value = Table({}, self.number(), arguments.complete)
                value.pairs.update(keyword)
            elif positional and not parameter.keyword_only:
                value = positional.pop(0)
            elif parameter.name in keyword:
                value = keyword.pop(parameter.name)
            else:
                default = None if parameter.default is None else self.evaluate(parameter.default, function.namespace)
                if arguments.complete and default is not None:
                    value = default
                else:
                    unknown = self.unknown(parameter.name)
                    unknown.default = default
                    value = unknown
            if value is not function.receiver:
                call_it(value, parameter.name)
            namespace.variables[parameter.name] = value

    def instantiate(self, cls: ClassValue, arguments: Arguments, place: Place | None) -> Object:
        roles = [role_of_constructor(base) for base in cls.library_bases()]
        role = next((role for role in roles if role is not None), None)
        if role is not Role.MODEL and not any(base.startswith("torch.nn.") for base in cls.library_bases()):
            return self.make(cls, role, arguments, place)
        return make_once(self, cls, arguments, place, lambda: self.make(cls, role, arguments, place))

    def make(self, cls: ClassValue, role: Role | None, arguments: Arguments, place: Place | None) -> Object:
        """Make an instance by running its `__init__`."""
        instance = Object(self.number(), role, cls, arguments, place, depth=self.here.depth)
        self.objects.append(instance)
        init = bound(instance, "__init__")
        if init is not None:
            if role is Role.LOADER:  # what its own `__init__` takes is something else; that of its base is told later
                instance.arguments = Arguments(complete=False, ends=False)
            self.invoke(init, arguments)
        else:
            self.fill_fields(instance, cls)
        return instance

    def fill_fields(self, instance: Object, cls: ClassValue) -> None:
        """Set what a dataclass, or another class whose `__init__` is made for it, is given."""
        arguments = instance.arguments
        if arguments.positional or not arguments.complete:
            for ancestor in cls.lineage():
                for name, value in ancestor.namespace.variables.items():
                    if isinstance(value, Constant):
                        instance.members[name] = self.unknown(name)
        instance.members.update(arguments.keyword)
        after = bound(instance, "__post_init__")
        if after is not None:
            self.invoke(after, Arguments())

    # Statements

    def run_block(self, statements: facts.Block, namespace: Namespace) -> bool:
        known = len(self.here.asked)
        falls = True
        for statement in statements:
            if not run_statement(self, statement, namespace):
                falls = False
                break
        del self.here.asked[known:]
        return falls

    def resolve(self, dotted: str, importer: File) -> Value:
        """Return what a dotted name means: a name of a file of the program, or one of a library."""
        home, _, last = dotted.rpartition(".")
        file = self.project.find(home, importer)
        if file is not None and file is not importer:
            value = self.load(file).variables.get(last)
            if value is not None:
                return value
        return External(dotted)
