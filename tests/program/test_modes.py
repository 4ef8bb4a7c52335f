"""In which mode a model is when it is called: what statements do, and what something unknown may do."""

from __future__ import annotations

import pytest

from tests.program.reading import mode_after, modes, modes_of, program_of, wrong

TRAIN, EVAL, EITHER, UNSURE = {True}, {False}, {True, False}, {None}


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        pytest.param("", TRAIN, id="a module is made in training mode"),
        pytest.param("model.eval()", EVAL, id="eval"),
        pytest.param("model.train()", TRAIN, id="train"),
        pytest.param("model.eval(); model.train()", TRAIN, id="the last one counts"),
        pytest.param("model.train(False)", EVAL, id="train False"),
        pytest.param("model.train(mode=False)", EVAL, id="train by keyword"),
        pytest.param("model.train(True)", TRAIN, id="train True"),
        pytest.param("model.eval; model.train", TRAIN, id="never called"),
        pytest.param("model = model.eval()", EVAL, id="eval gives the model back"),
        pytest.param("model.cuda().eval()", EVAL, id="moved"),
        pytest.param("model.to('cpu').half().eval().float()", EVAL, id="a chain"),
        pytest.param("getattr(model, 'eval')()", EVAL, id="getattr"),
        pytest.param("f = model.eval\nf()", EVAL, id="a bound method"),
        pytest.param("for m in [model]:\n    m.eval()", EVAL, id="a list"),
        pytest.param("for m in (model, other):\n    m.eval()", EVAL, id="with others"),
        pytest.param("for _, m in {'m': model}.items():\n    m.eval()", EVAL, id="items of a dict"),
        pytest.param("[m.eval() for m in [model]]", EVAL, id="a comprehension"),
        pytest.param("a, b = model, 1\na.eval()", EVAL, id="unpacked"),
        pytest.param("d = {'m': model}\nd['m'].eval()", EVAL, id="a dict"),
        pytest.param("(m := model).eval()", EVAL, id="an assignment expression"),
        pytest.param("for _ in range(3):\n    model.eval()", EVAL, id="a loop runs"),
        pytest.param("while True:\n    model.eval()\n    break", EVAL, id="while True"),
        pytest.param("if a:\n    model.eval()", EITHER, id="a branch"),
        pytest.param("if a:\n    model.eval()\nelse:\n    model.eval()", EVAL, id="both branches"),
        pytest.param("model.train(a)", EITHER, id="train with something"),
        pytest.param("if False:\n    model.eval()", TRAIN, id="a branch that is never taken"),
        pytest.param("DEBUG = True\nif DEBUG:\n    model.eval()", EITHER, id="a branch on a setting"),
        pytest.param("LEVEL = 1\nif LEVEL == 1:\n    model.eval()", EVAL, id="a branch on a constant"),
        pytest.param("try:\n    model.eval()\nfinally:\n    a()", EVAL, id="try finally"),
        pytest.param("try:\n    a()\nexcept E:\n    model.eval()", EITHER, id="a handler"),
        pytest.param("try:\n    a()\nfinally:\n    model.eval()", EVAL, id="finally"),
        pytest.param("with a:\n    model.eval()", EVAL, id="inside some context"),
        pytest.param("match a:\n    case 1: model.eval()\n    case 2: model.eval()", EITHER, id="match"),
        pytest.param("del model\nmodel = nn.Linear(1, 1)", TRAIN, id="made anew"),
        pytest.param("model.eval()\nmodel = nn.Linear(1, 1)", TRAIN, id="replaced"),
        pytest.param("model.load_state_dict(torch.load('a.pt'))", TRAIN, id="loading weights changes no mode"),
        pytest.param("(model.eval if a else model.train)()", EITHER, id="one of two methods"),
    ],
)
def test_statements(text: str, mode: set[bool | None]) -> None:
    assert mode_after(text) == mode


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "for e in epochs:\n    for x in a:\n        model(x)\n    model.eval()\n    for x in b:\n        model(x)",
            [EITHER, EVAL],
            id="eval stays into the next epoch",
        ),
        pytest.param(
            "for e in epochs:\n    model.train()\n    for x in a:\n"
            "        model(x)\n    model.eval()\n    for x in b:\n"
            "        model(x)\nmodel(x)",
            [TRAIN, EVAL, EVAL],
            id="an epoch as it should be",
        ),
        pytest.param(
            "for phase in ['train', 'val']:\n    if phase == 'train':\n"
            "        model.train()\n    else:\n        model.eval()\n"
            "    model(x)",
            [TRAIN, EVAL],
            id="phases",
        ),
        pytest.param(
            "for e in epochs:\n    for phase in ('train', 'val'):\n        model.train(phase == 'train')\n"
            "        for x in loaders[phase]:\n            model(x)",
            [TRAIN, EVAL],
            id="phases in epochs",
        ),
        pytest.param(
            "for phase in ['train', 'val']:\n    if phase == 'val':\n        continue\n    model(x)\nmodel.eval()",
            [TRAIN],
            id="a phase that is skipped",
        ),
        pytest.param(
            "def run(train):\n    if train:\n        model.train()\n    else:\n        model.eval()\n    model(x)\n"
            "run(True)\nrun(False)\nrun(a)",
            [TRAIN, EVAL, EITHER],
            id="one function for both",
        ),
        pytest.param(
            "if a:\n    model.eval()\nfor x in b:\n    if not a:\n        model(x)\n    else:\n        model(x)",
            [TRAIN, EVAL],
            id="branches on the same name",
        ),
        pytest.param(
            "net = model if a else None\nif net is not None:\n    net.eval()\n    net(x)\nmodel(x)",
            [EVAL, EITHER],
            id="or None",
        ),
        pytest.param(
            "def main():\n    if a:\n        model.eval()\n        model(x)\n        return\n    model(x)\nmain()",
            [EVAL, TRAIN],
            id="a return for evaluation only",
        ),
        pytest.param(
            "model.eval()\nwhile True:\n    model(x)\n    model.train()\n    if a:\n        break\nmodel(x)",
            [EITHER, TRAIN],
            id="a loop with a break",
        ),
        pytest.param(
            "def f(m):\n    m(x)\nf(model)\nmodel.eval()\nf(model)",
            [TRAIN, EVAL],
            id="one function called in both modes",
        ),
    ],
)
def test_each_forward(text: str, expected: list[set[bool | None]]) -> None:
    assert modes_of(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("prepare(model)", id="an argument"),
        pytest.param("prepare(net=model)", id="a keyword"),
        pytest.param("prepare(*[model])", id="a star"),
        pytest.param("prepare([model])", id="in a list"),
        pytest.param("prepare({'m': model})", id="in a dict"),
        pytest.param("lib.change(model)", id="a function of something unknown"),
        pytest.param("import lib\nlib.prepare(model)", id="a function of a library"),
        pytest.param("import lib\nlib.Engine(model).run()", id="an object that was given the model"),
        pytest.param("import lib\ne = lib.Engine(model)\nmodel.eval()\ne.run()", id="later"),
        pytest.param("from types import SimpleNamespace\ns = SimpleNamespace(m=model)\ns.m.eval()", id="a namespace"),
        pytest.param("getattr(model, a)()", id="a method that is not known"),
        pytest.param("model.prepare()", id="a method that torch does not have"),
    ],
)
def test_something_unknown_that_is_given_the_model_may_change_its_mode(text: str) -> None:
    assert mode_after(f"model.eval()\n{text}") == UNSURE


@pytest.mark.parametrize(
    "text",
    [
        "prepare(x)",
        "print(model)",
        "len(list(model.parameters()))",
        "torch.save(model.state_dict(), 'a.pt')",
        "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)",
        "for p in model.parameters():\n    p.requires_grad = False",
        "x = torch.randn(4)\nx.to('cpu')",
        "sum(p.numel() for p in model.parameters())",
        "isinstance(model, nn.Module)",
    ],
)
def test_what_only_looks_at_the_model_does_not(text: str) -> None:
    assert mode_after(f"model.eval()\n{text}") == EVAL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("def f(model, x):\n    return model(x).backward()", [UNSURE], id="given by nobody that is known"),
        pytest.param(
            "def f(model, x):\n    model.eval()\n    model(x).backward()", [EVAL], id="put there in the function"
        ),
        pytest.param(
            "def f(a, b, x):\n    a.eval()\n    b.train()\n    a(x).backward()\n    b(x)",
            [EVAL, TRAIN],
            id="two models",
        ),
        pytest.param(
            "class T:\n    def f(self, x):\n        self.model.eval()\n        self.model(x).backward()",
            [EVAL],
            id="a member",
        ),
        pytest.param(
            "class T:\n    def __init__(self):\n        self.net = nn.Linear(1, 1)\n    def f(self, x):\n"
            "        self.net(x).backward()",
            [UNSURE],
            id="a member that another method may have changed",
        ),
    ],
)
def test_functions_that_nothing_calls(text: str, expected: list[set[bool | None]]) -> None:
    assert modes(program_of(f"import torch\nfrom torch import nn\n{text}\n")) == expected


def test_more_ways_than_can_be_told_apart_are_not_known() -> None:
    branches = "".join(f"if a{n}:\n    m{n}.eval()\n" for n in range(12))
    made = "".join(f"m{n} = nn.Linear(1, 1)\n" for n in range(12))
    assert mode_after(made + branches) == UNSURE


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        pytest.param("model.eval() if a else model.train()", EITHER, id="a conditional expression"),
        pytest.param("a and model.eval()", EITHER, id="and"),
        pytest.param("a or model.eval()", EITHER, id="or"),
        pytest.param(
            "@dataclass\nclass S:\n    m: nn.Module\nS(model).m.eval()",
            EVAL,
            id="a dataclass",
            marks=wrong("a dataclass has no __init__ that is known"),
        ),
        pytest.param(
            "@dataclass\nclass S:\n    m: nn.Module\n    def __post_init__(self): self.m.eval()\nS(model)",
            EVAL,
            id="__post_init__",
            marks=wrong("a dataclass has no __init__ that is known"),
        ),
        pytest.param(
            "class S(NamedTuple):\n    m: nn.Module\nS(model).m.eval()",
            EVAL,
            id="a named tuple",
            marks=wrong("a named tuple has no __init__ that is known"),
        ),
        pytest.param(
            "import lib\nclass S(lib.Base):\n    def f(self): self.m.eval()\nS(model).f()",
            UNSURE,
            id="an unknown base is given the model",
            marks=wrong("what an unknown base does with its arguments is taken for nothing"),
        ),
        pytest.param("run(lambda: model.eval())", EITHER, id="a function is handed to something unknown"),
        pytest.param(
            "list(map(lambda m: m.eval(), [model]))",
            EVAL,
            id="map",
            marks=wrong("a function that is handed on is taken never to be called"),
        ),
        pytest.param(
            "cfg.model = model\ncfg.prepare()",
            UNSURE,
            id="a member of something unknown",
            marks=wrong("what is stored in something unknown is lost from sight"),
        ),
        pytest.param(
            "registry['m'] = model\nregistry['m'].eval()",
            EVAL,
            id="an item of something unknown",
            marks=wrong("what is stored in something unknown is lost from sight"),
        ),
        pytest.param("class S: pass\ns = S()\nsetattr(s, 'm', model)\ns.m.eval()", EVAL, id="setattr"),
        pytest.param(
            "model.training = False", EVAL, id="training set by hand", marks=wrong("the attribute is not followed")
        ),
        pytest.param(
            "class S:\n    @classmethod\n    def make(cls, m):\n        m.eval()\nS.make(model)",
            EVAL,
            id="a class method",
        ),
        pytest.param(
            "class E:\n    def __init__(self, f): self.f = f\n"
            "    def __call__(self): model.eval()\n@E\ndef f(): pass\nf()",
            EVAL,
            id="a decorator that is a class",
            marks=wrong("a decorator that is a class is taken to change nothing"),
        ),
        pytest.param(
            "if a:\n    model.eval()\n    raise SystemExit", TRAIN, id="what leaves the program does not come here"
        ),
        pytest.param("was = model.training\nmodel.eval()\nif was:\n    model.train()", EITHER, id="the mode of before"),
        pytest.param("model.eval()\nif not model.training:\n    model.train()", TRAIN, id="set where it is not set"),
        pytest.param("if a:\n    model.eval()\nassert model.training", TRAIN, id="what an assertion lets through"),
        pytest.param(
            "import sys\nif a:\n    model.eval()\n    sys.exit()",
            TRAIN,
            id="sys.exit",
        ),
    ],
)
def test_finer_points(text: str, mode: set[bool | None]) -> None:
    assert mode_after(text) == mode


@wrong("a decorator that is not known is taken to change nothing")
def test_an_unknown_decorator_may_set_the_mode() -> None:
    assert modes_of("import lib\n@lib.evaluating\ndef f(m):\n    m(x)\nf(model)") == [UNSURE]
