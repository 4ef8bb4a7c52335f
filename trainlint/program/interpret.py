"""Interpret the facts of a program: what each name may be, and which operations happen in which order."""

from __future__ import annotations

from collections.abc import Callable

from trainlint.finding import Place
from trainlint.operations import Role
from trainlint.program import facts
from trainlint.program.calls import call
from trainlint.program.expressions import as_read, assign, element_of, evaluate, extend, loader_in
from trainlint.program.truth import test
from trainlint.program.flow import Branch, Choice, Exit, Loop, Scope, Tree, Unrolled
from trainlint.program.interest import interesting_functions
from trainlint.program.layers import layers_one_by_one, trace_modules
from trainlint.program.machine import Frame, LoopFacts, Machine, Root
from trainlint.program.names import assigned_names, share_names
from trainlint.program.torch_api import FRAMEWORKS, grad_context, role_by_name
from trainlint.program.values import (
    NONE,
    Arguments,
    ClassValue,
    Constant,
    Context,
    External,
    File,
    FunctionValue,
    Items,
    Managed,
    Namespace,
    Object,
    Table,
    Tensor,
    Unknown,
    Value,
    join,
)

MAX_FRAMES = 24  # calls inside calls that are followed
MAX_STEPS = 20_000  # statements interpreted for one root; a larger root is known in part only
MAX_UNROLLED = 8  # items of a known list that a loop is followed through one by one


class Interpreter(Machine):
    """Interprets every file of a project, and every function that nothing in it calls."""

    def run(self) -> None:
        self.interesting = interesting_functions(file.facts for file in self.project.files)
        for file in self.project.files:
            self.load(file)
        for file in self.project.files:
            assert file.namespace is not None
            self.run_uncalled(file.facts.body, file.namespace)
        trace_modules(self)

    def load(self, file: File) -> Namespace:
        """Interpret the top level of a file, once."""
        if file.namespace is None:
            file.namespace = Namespace(file, None)
            file.namespace.variables["__name__"] = Constant("__main__")
            self.run_root(
                Root(file, "", self.number()), True, lambda: self.run_block(file.facts.body, file.namespace)
            )
        return file.namespace

    def run_root(self, root: Root, grad: bool | None, run: Callable[[], object]) -> None:
        """Interpret code that is run from outside; its operations make one tree."""
        saved = self.root, self.out, self.loops, self.frames, self.grad
        counts = self.depth, self.block, self.steps, self.tracing
        self.root, self.out, self.loops, self.frames, self.grad = root, [], [], [], grad
        self.depth = self.block = self.steps = self.tracing = 0
        run()
        root.tree = tuple(self.out)
        self.root, self.out, self.loops, self.frames, self.grad = saved
        self.depth, self.block, self.steps, self.tracing = counts
        if root.operations:
            self.roots.append(root)

    def run_uncalled(self, body: facts.Block, namespace: Namespace) -> None:
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
        if any(not base or FRAMEWORKS.match(base) for base in cls.library_bases()):
            return
        methods = [m for m in cls.namespace.variables.values() if isinstance(m, FunctionValue)]
        fresh = [
            m
            for m in methods
            if id(m.facts) in self.interesting and id(m.facts) not in self.invoked and m.name != "__init__"
        ]
        if not fresh:
            return
        instance = next((o for o in self.objects if o.origin is cls), None)
        if instance is None:
            root = Root(cls.namespace.file, cls.facts.name, self.number())
            made: list[Object] = []
            init = cls.member("__init__")
            arguments = (
                Arguments() if not isinstance(init, FunctionValue) else self.open_arguments(init, skip=1)
            )
            self.run_root(root, None, lambda: made.append(self.instantiate(cls, arguments, None)))
            instance = made[0]
        for method in fresh:
            if id(method.facts) not in self.invoked:
                self.run_alone(
                    FunctionValue(method.facts, method.namespace, instance, cls, method.grad, method.manages)
                )

    def run_alone(self, function: FunctionValue) -> None:
        if id(function.facts) in self.invoked or id(function.facts) not in self.interesting:
            return
        root = Root(function.namespace.file, function.name, self.number())
        arguments = self.open_arguments(function, skip=0 if function.receiver is None else 1)
        self.run_root(root, None, lambda: self.invoke(function, arguments))

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
        if isinstance(expression, facts.Call):
            return call(self, expression, namespace)
        value = evaluate(self, expression, namespace)
        if self.tracing and isinstance(expression, (facts.Name, facts.Attribute)):
            self.note_read(value)
        return value

    # Calls of the program's own functions and classes

    def invoke(
        self, function: FunctionValue, arguments: Arguments, on_yield: Callable[[Value], None] | None = None
    ) -> Value:
        self.invoked.add(id(function.facts))
        recursive = any(
            frame.function.facts is function.facts and frame.function.namespace is function.namespace
            for frame in self.frames
        )
        if recursive or len(self.frames) >= MAX_FRAMES or self.steps > MAX_STEPS:
            return self.unknown("", *arguments.values())
        namespace = Namespace(function.namespace.file, function.namespace, function=function.name)
        self.bind(function, arguments, namespace)
        frame = Frame(function, on_yield=on_yield)
        saved_grad = self.grad
        if function.grad is not None:
            self.grad = function.grad
        self.frames.append(frame)
        with self.captured() as out:
            if isinstance(function.facts, facts.Lambda):
                frame.returned = self.evaluate(function.facts.body, namespace)
                falls = False
            else:
                falls = self.run_block(function.facts.body, namespace)
        self.frames.pop()
        if function.grad is not None:
            self.grad = saved_grad
        if out:
            self.out.append(Scope(tuple(out)))
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
                default = (
                    None
                    if parameter.default is None
                    else self.evaluate(parameter.default, function.namespace)
                )
                if arguments.complete and default is not None:
                    value = default
                else:
                    unknown = self.unknown(parameter.name)
                    unknown.default = default
                    value = unknown
            namespace.variables[parameter.name] = value

    def instantiate(self, cls: ClassValue, arguments: Arguments, place: Place | None) -> Object:
        bases = set(cls.library_bases())
        is_module = any(base.startswith("torch.nn.") for base in bases)
        instance = Object(
            self.number(), Role.MODEL if is_module else None, cls, arguments, place, depth=self.depth
        )
        self.objects.append(instance)
        init = self.bound(instance, "__init__")
        if init is not None:
            self.invoke(init, arguments)
        return instance

    # Statements

    def run_block(self, statements: facts.Block, namespace: Namespace | None) -> bool:
        """Interpret statements in order; return whether control may reach their end."""
        assert namespace is not None
        return all(self.statement(statement, namespace) for statement in statements)

    def statement(self, statement: facts.Statement, namespace: Namespace) -> bool:
        self.steps += 1
        if self.steps > MAX_STEPS:
            return True
        match statement:
            case facts.Evaluate(expression):
                self.evaluate(expression, namespace)
            case facts.Assign(targets, expression):
                value = self.evaluate(expression, namespace)
                for target in targets:
                    assign(self, target, value, namespace, statement)
            case facts.Augment(target, operator, expression):
                known = self.evaluate(target, namespace)
                if isinstance(known, Items) and operator == "+":
                    extend(self, known, self.evaluate(expression, namespace))
                    return True
                changed = self.evaluate(facts.Binary(operator, target, expression), namespace)
                if isinstance(changed, Constant):
                    changed = self.unknown()
                assign(self, target, changed, namespace)
            case facts.If():
                return self.branch(statement, namespace)
            case facts.For():
                return self.loop_over(statement, namespace)
            case facts.While():
                condition = test(self, statement.test, namespace)
                if condition is False:
                    return self.run_block(statement.orelse, namespace)
                self.loop(statement.body, namespace, LoopFacts(facts.render(statement.test), None), None)
                return self.run_block(statement.orelse, namespace)
            case facts.With():
                return self.with_contexts(statement, namespace)
            case facts.Try():
                return self.attempt(statement, namespace)
            case facts.Match(subject, cases):
                self.evaluate(subject, namespace)
                return self.choose([*cases, ()], namespace)
            case facts.Leave(kind, returned):
                value = NONE if returned is None else self.evaluate(returned, namespace)
                if kind == "return" and self.frames:
                    frame = self.frames[-1]
                    frame.returned = value if frame.returned is None else join(frame.returned, value)
                self.out.append(Exit(kind))
                return False
            case facts.Delete(targets):
                for target in targets:
                    if isinstance(target, facts.Name):
                        namespace.variables.pop(target.id, None)
            case facts.Share(names):
                share_names(names, namespace)
            case facts.Import(bindings):
                self.bind_imports(bindings, namespace)
            case facts.Function():
                namespace.variables[statement.name] = self.function(statement, namespace)
            case facts.Class():
                namespace.variables[statement.name] = self.class_value(statement, namespace)
        return True

    def bind_imports(self, bindings: tuple[tuple[str, str, bool], ...], namespace: Namespace) -> None:
        for local, dotted, _ in bindings:
            dotted = self.project.absolute(dotted, namespace.file)
            if local == "*":
                file = self.project.find(dotted, namespace.file)
                if file is not None and file is not namespace.file:
                    for name, value in self.load(file).variables.items():
                        if not name.startswith("_"):
                            namespace.variables[name] = value
            else:
                namespace.variables[local] = self.resolve(dotted, namespace.file)

    def resolve(self, dotted: str, importer: File) -> Value:
        """Return what a dotted name means: a name of a file of the program, or one of a library."""
        home, _, last = dotted.rpartition(".")
        file = self.project.find(home, importer)
        if file is not None and file is not importer:
            value = self.load(file).variables.get(last)
            if value is not None:
                return value
        return External(dotted)

    def function(self, statement: facts.Function, namespace: Namespace) -> Value:
        outer = namespace
        while outer.function == "class":
            assert outer.outer is not None
            outer = outer.outer
        value = FunctionValue(statement, outer)
        for decorator in statement.decorators:
            made = self.evaluate(decorator, namespace)
            match made:
                case Context(grad):
                    value.grad = grad
                case External(dotted) if grad_context(dotted) is not None:
                    value.grad = grad_context(dotted)
                case External("builtins.property" | "functools.cached_property"):
                    return Object(self.number(), None, "builtins.property", Arguments((value,)), None)
                case External("builtins.staticmethod"):
                    return Object(self.number(), None, "builtins.staticmethod", Arguments((value,)), None)
                case External("builtins.classmethod"):
                    return Object(self.number(), None, "builtins.classmethod", Arguments((value,)), None)
                case External(dotted) if dotted.endswith("contextmanager"):
                    value.manages = True
                case FunctionValue():
                    decorated = self.invoke(made, Arguments((value,)))
                    if isinstance(decorated, FunctionValue):
                        value = decorated
        return value

    def class_value(self, statement: facts.Class, namespace: Namespace) -> ClassValue:
        bases = tuple(
            self.evaluate(b.value, namespace) for b in statement.bases if b.keyword is None and not b.star
        )
        body = Namespace(namespace.file, namespace, function="class")
        self.run_block(statement.body, body)
        value = ClassValue(statement, body, bases)
        self.classes.append(value)
        for member in body.variables.values():
            inner = member
            if isinstance(member, Object) and member.origin in _WRAPPED_FUNCTIONS:
                inner = member.arguments.positional[0]
            if isinstance(inner, FunctionValue) and inner.owner is None:
                inner.owner = value
        return value

    def branch(self, statement: facts.If, namespace: Namespace) -> bool:
        condition = test(self, statement.test, namespace)
        if isinstance(condition, bool):
            return self.run_block(statement.then if condition else statement.orelse, namespace)
        trees, falls = self.alternatives([statement.then, statement.orelse], namespace)
        if trees != [(), ()]:
            self.out.append(Branch(condition, trees[0], trees[1]))
        return falls

    def choose(self, options: list[facts.Block], namespace: Namespace) -> bool:
        trees, falls = self.alternatives(options, namespace)
        if any(trees):
            self.out.append(Choice(tuple(trees)))
        return falls

    def alternatives(self, options: list[facts.Block], namespace: Namespace) -> tuple[list[Tree], bool]:
        """Interpret blocks of which one happens, and join what they leave behind."""
        before = namespace.variables
        trees: list[Tree] = []
        ends: list[dict[str, Value]] = []
        for option in options:
            namespace.variables = dict(before)
            with self.undecided(), self.captured() as out:
                if self.run_block(option, namespace):
                    ends.append(namespace.variables)
            trees.append(tuple(out))
        namespace.variables = _merge(ends) if ends else before
        return trees, bool(ends)

    def loop_over(self, statement: facts.For, namespace: Namespace) -> bool:
        iterable = self.evaluate(statement.iterable, namespace)
        if isinstance(iterable, Object) and iterable.role is Role.MODEL:
            iterable = layers_one_by_one(self, iterable)
        if isinstance(iterable, Items) and iterable.complete and 0 < len(iterable.items) <= MAX_UNROLLED:
            bodies: list[Tree] = []
            for item in list(iterable.items):
                with self.captured() as out:
                    assign(self, statement.target, item, namespace)
                    self.run_block(statement.body, namespace)
                bodies.append(tuple(out))
            if any(bodies):
                self.out.append(Unrolled(tuple(bodies)))
        else:
            loop = LoopFacts(as_read(self, statement.iterable, namespace), loader_in(iterable) or iterable)
            self.loop(statement.body, namespace, loop, (statement.target, iterable))
        return self.run_block(statement.orelse, namespace)

    def loop(
        self,
        body: facts.Block,
        namespace: Namespace,
        loop: LoopFacts,
        target: tuple[facts.Expression, Value] | None,
    ) -> None:
        before = dict(namespace.variables)
        since = self.number()
        for name in assigned_names(body):
            if isinstance(namespace.variables.get(name), (Constant, Tensor)):
                namespace.variables[name] = self.unknown(name)
        self.loops.append(loop)
        with self.undecided(), self.captured() as out:
            if target is not None:
                assign(self, target[0], element_of(self, target[1]), namespace)
            self.run_block(body, namespace)
        self.loops.pop()
        if out:
            self.out.append(Loop(tuple(out), since, self.number()))
        namespace.variables = _merge([before, namespace.variables])

    def with_contexts(self, statement: facts.With, namespace: Namespace, first: int = 0) -> bool:
        """Interpret a `with` from its `first` item on: each item surrounds the rest."""
        if first == len(statement.items):
            return self.run_block(statement.body, namespace)
        expression, target = statement.items[first]
        saved_grad = self.grad
        value = self.evaluate(expression, namespace)
        if isinstance(value, Managed):
            return self.run_managed(
                value, target, namespace, lambda: self.with_contexts(statement, namespace, first + 1)
            )
        leave: FunctionValue | None = None
        match value:
            case Context(grad):
                self.grad = grad
            case Unknown(parts=(External(), *_)):
                pass  # a library's: those that act on autograd are known
            case Unknown() if self.grad is True:
                self.grad = None
            case Object(origin=ClassValue()):
                enter, leave = self.bound(value, "__enter__"), self.bound(value, "__exit__")
                if enter is not None:
                    value = self.invoke(enter, Arguments())
        if target is not None:
            assign(self, target, value, namespace)
        falls = self.with_contexts(statement, namespace, first + 1)
        if leave is not None:
            self.invoke(leave, Arguments((NONE, NONE, NONE)))
        self.grad = saved_grad
        return falls

    def run_managed(
        self,
        manager: Managed,
        target: facts.Expression | None,
        namespace: Namespace,
        run_rest: Callable[[], bool],
    ) -> bool:
        """Run a generator function as a context manager: what it surrounds happens at its `yield`."""
        outer = self.frames
        falls: list[bool] = []

        def on_yield(value: Value) -> None:
            inner, self.frames = self.frames, outer
            if target is not None:
                assign(self, target, value, namespace)
            falls.append(run_rest())
            self.frames = inner

        saved, self.frames = self.frames, list(outer)
        self.invoke(manager.function, manager.arguments, on_yield)
        self.frames = saved
        return falls[0] if falls else run_rest()

    def bound(self, instance: Object, name: str) -> FunctionValue | None:
        """Return a method of the program, bound to its instance."""
        assert isinstance(instance.origin, ClassValue)
        member = instance.origin.member(name)
        if not isinstance(member, FunctionValue):
            return None
        return FunctionValue(
            member.facts, member.namespace, instance, member.owner, member.grad, member.manages
        )

    def attempt(self, statement: facts.Try, namespace: Namespace) -> bool:
        falls = self.choose([statement.body + statement.orelse, *statement.handlers], namespace)
        if not statement.handlers and not falls:
            self.run_block(statement.final, namespace)
            return False
        return self.run_block(statement.final, namespace) and falls


_WRAPPED_FUNCTIONS = ("builtins.property", "builtins.staticmethod", "builtins.classmethod")


def _merge(ends: list[dict[str, Value]]) -> dict[str, Value]:
    merged = dict(ends[0])
    for end in ends[1:]:
        for name, value in end.items():
            merged[name] = join(merged[name], value) if name in merged else value
    return merged
