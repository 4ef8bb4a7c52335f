"""The mode of a model that functions, methods and context managers of the program put there."""

from __future__ import annotations

import pytest

from tests.program.reading import mode_after, modes_of

TRAIN, EVAL, EITHER, UNSURE = {True}, {False}, {True, False}, {None}


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        pytest.param("def f(): model.eval()\nf()", EVAL, id="a function"),
        pytest.param("def f(): model.eval()", TRAIN, id="a function that is not called"),
        pytest.param("def f(m): m.eval()\nf(model)", EVAL, id="an argument"),
        pytest.param("def f(*, net): net.eval()\nf(net=model)", EVAL, id="a keyword"),
        pytest.param("def f(m=model): m.eval()\nf()", EVAL, id="a default"),
        pytest.param("def f(*ms):\n    for m in ms: m.eval()\nf(model)", EVAL, id="star arguments"),
        pytest.param("def f(**k): k['m'].eval()\nf(m=model)", EVAL, id="keyword arguments"),
        pytest.param("def f(m): m.eval()\na = (model,)\nf(*a)", EVAL, id="given with a star"),
        pytest.param("def f(m): m.eval()\nf(**{'m': model})", EVAL, id="given with two stars"),
        pytest.param("def f(m): return m\nf(model).eval()", EVAL, id="what it returns"),
        pytest.param("def f(m): return m, 1\nm, _ = f(model)\nm.eval()", EVAL, id="what it returns, unpacked"),
        pytest.param("def f(m, a):\n    if a:\n        return\n    m.eval()\nf(model, b)", EITHER, id="returns early"),
        pytest.param(
            "def f(m, a=True):\n    if a:\n        return\n    m.eval()\nf(model)", TRAIN, id="by its default"
        ),
        pytest.param(
            "def f(m, a):\n    if a:\n        return\n    m.eval()\nf(model, 0)", EVAL, id="by what it is given"
        ),
        pytest.param("def f():\n    def g(): model.eval()\n    return g\nf()()", EVAL, id="a function in another"),
        pytest.param("def f(m):\n    def g(): m.eval()\n    return g\nf(model)()", EVAL, id="a closure"),
        pytest.param(
            "def f():\n    m = None\n    def g():\n        nonlocal m\n        m = model\n    g()\n    m.eval()\nf()",
            EVAL,
            id="nonlocal",
        ),
        pytest.param("def f():\n    global net\n    net = model\nf()\nnet.eval()", EVAL, id="global"),
        pytest.param("f = lambda m: m.eval()\nf(model)", EVAL, id="a lambda"),
        pytest.param("def f(m, mode): m.train(mode)\ng = functools.partial(f, model)\ng(False)", EVAL, id="partial"),
        pytest.param(
            "def f(m, mode): m.train(mode)\ng = functools.partial(f, mode=False)\ng(model)", EVAL, id="by keyword"
        ),
        pytest.param("def f(n):\n    model.eval()\n    if n: f(n - 1)\nf(3)", EVAL, id="recursion"),
        pytest.param("steps = {'e': lambda: model.eval()}\nsteps['e']()", EVAL, id="a table of functions"),
        pytest.param(
            "async def f(): model.eval()\nasync def g(): await f()\nimport asyncio\nasyncio.run(g())", EVAL, id="async"
        ),
        pytest.param(
            "def d(f):\n    def g(*a):\n        model.eval()\n"
            "        return f(*a)\n    return g\n@d\ndef f(): pass\nf()",
            EVAL,
            id="a decorator",
        ),
        pytest.param(
            "def d(f):\n    @functools.wraps(f)\n    def g(*a):\n"
            "        model.eval()\n        return f(*a)\n    return g\n"
            "@d\ndef f(): pass\nf()",
            EVAL,
            id="a decorator with wraps",
        ),
        pytest.param("model.apply(lambda m: m.eval())", UNSURE, id="apply"),
    ],
)
def test_functions(text: str, mode: set[bool | None]) -> None:
    assert mode_after(text) == mode


CLASS = """
class Trainer:
    def __init__(self, m):
        self.m = m
    def evaluate(self): self.m.eval()
"""


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        pytest.param("Trainer(model).evaluate()", EVAL, id="a method"),
        pytest.param("t = Trainer(model)\nt.m.eval()", EVAL, id="a member"),
        pytest.param("t = Trainer(model)\nf = t.evaluate\nf()", EVAL, id="a bound method"),
        pytest.param("t = Trainer(model)\nt.m = other\nt.evaluate()", TRAIN, id="a member that was replaced"),
        pytest.param("class S(Trainer): pass\nS(model).evaluate()", EVAL, id="an inherited method"),
        pytest.param("class S(Trainer):\n    def evaluate(self): pass\nS(model).evaluate()", TRAIN, id="overridden"),
        pytest.param(
            "class S(Trainer):\n    def evaluate(self):\n        super().evaluate()\nS(model).evaluate()",
            EVAL,
            id="super",
        ),
        pytest.param(
            "class S(Trainer):\n    def __init__(self, m):\n        super().__init__(m)\nS(model).evaluate()",
            EVAL,
            id="super of __init__",
        ),
        pytest.param(
            "class S(Trainer):\n    def run(self): self.evaluate()\nS(model).run()",
            EVAL,
            id="a method that calls another",
        ),
        pytest.param(
            "class B:\n    def run(self): self.go()\nclass S(B):\n    def go(self): model.eval()\nS().run()",
            EVAL,
            id="a method of a subclass",
        ),
        pytest.param(
            "class S(Trainer):\n    @property\n    def net(self): return self.m\nS(model).net.eval()",
            EVAL,
            id="a property",
        ),
        pytest.param("class S:\n    @staticmethod\n    def f(m): m.eval()\nS().f(model)", EVAL, id="a static method"),
        pytest.param("class S:\n    def __call__(self, m): m.eval()\nS()(model)", EVAL, id="__call__"),
        pytest.param("class S:\n    m = model\nS.m.eval()", EVAL, id="a member of the class"),
        pytest.param(
            "class S:\n    class T:\n        def f(self): model.eval()\nS.T().f()", EVAL, id="a class in a class"
        ),
        pytest.param("t = Trainer(model)\nt.n = model\nt.n.eval()", EVAL, id="a member set from outside"),
        pytest.param("t = Trainer(None)\nt.m = model\nt.evaluate()", EVAL, id="a member set later"),
    ],
)
def test_classes(text: str, mode: set[bool | None]) -> None:
    assert mode_after(CLASS + text) == mode


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "@contextlib.contextmanager\ndef evaluating(m):\n    m.eval()\n    yield m\n    m.train()\n"
            "with evaluating(model) as m:\n    m(x)\nmodel(x)",
            [EVAL, TRAIN],
            id="contextmanager",
        ),
        pytest.param(
            "@contextlib.contextmanager\ndef evaluating(m):\n    m.eval()\n    try:\n        yield\n    finally:\n"
            "        m.train()\nwith evaluating(model):\n    model(x)\nmodel(x)",
            [EVAL, TRAIN],
            id="contextmanager with finally",
        ),
        pytest.param(
            "class E:\n    def __init__(self, m): self.m = m\n    def __enter__(self):\n        self.m.eval()\n"
            "        return self.m\n    def __exit__(self, *a): self.m.train()\n"
            "with E(model) as m:\n    m(x)\nmodel(x)",
            [EVAL, TRAIN],
            id="a class",
        ),
        pytest.param("with other(model):\n    model(x)\nmodel(x)", [UNSURE, UNSURE], id="an unknown one"),
        pytest.param(
            "@contextlib.contextmanager\ndef evaluating(m):\n"
            "    was = m.training\n    m.eval()\n    yield\n    m.train(was)\n"
            "with evaluating(model):\n    model(x)\nmodel(x)",
            [EVAL, EITHER],
            id="the mode before is restored",
        ),
    ],
)
def test_context_managers(text: str, expected: list[set[bool | None]]) -> None:
    assert modes_of(text) == expected
