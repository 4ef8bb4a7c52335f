"""How long things are, as numbers and as symbols."""

from fractions import Fraction

import pytest

from tests.program.reading import program_of
from trainlint.program.lengths import Length, in_batches, iterations, length_of, number, ratio
from trainlint.program.query import Program

SCRIPT = """
import argparse
import torch
from tqdm import tqdm, trange
parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=100)
args = parser.parse_args()
data = torch.utils.data.TensorDataset(x)
loader = torch.utils.data.DataLoader(data, batch_size=4)
start = args.epochs - 5
{}
"""


def loop_over(text: str) -> Length | None:
    """Return how often a loop goes round."""
    (call,) = program_of(SCRIPT.format(f"for _ in {text}:\n    torch.mark()")).calls("torch.mark")
    return iterations(call.loops[-1].through)


def lengths(*texts: str) -> list[Length]:
    """Return what these expressions are as lengths."""
    (call,) = program_of(SCRIPT.format(f"torch.mark({', '.join(texts)})")).calls("torch.mark")
    return [length_of(value) for value in call.arguments.positional]


@pytest.mark.parametrize(
    "loop",
    ["range(10)", "range(1, 11)", "trange(10)", "tqdm(range(10))", "enumerate(range(10))"],
)
def test_rounds_that_are_a_number(loop: str) -> None:
    assert loop_over(loop) == number(10)


@pytest.mark.parametrize(
    "loop", ["range(args.epochs)", "range(1, args.epochs + 1)", "tqdm(range(start, start + args.epochs))"]
)
def test_rounds_that_are_an_option(loop: str) -> None:
    rounds = loop_over(loop)
    assert rounds is not None
    assert rounds.number is None
    assert rounds.with_defaults().number == 100


@pytest.mark.parametrize("loop", ["iter_of_something", "zip(loader, others)", "itertools.islice(loader, 3)"])
def test_rounds_that_are_not_known(loop: str) -> None:
    assert loop_over(loop) is None


def test_lengths_are_compared_as_symbols() -> None:
    whole, batches, third = lengths("args.epochs * len(loader)", "len(loader)", "int(len(loader) * args.epochs) // 3")
    assert ratio(whole, third) == (Fraction(3), False)
    assert whole.over(batches) == length_of(next(f for f in whole.factors() if f.key not in _keys(batches)))
    assert ratio(whole, batches) == (Fraction(100), True), "by the default of the option"


def _keys(length: Length) -> set[object]:
    return {factor.key for factor in length.factors()}


def test_samples_are_counted_in_batches() -> None:
    samples, batches = lengths("len(data)", "len(loader)")
    assert ratio(samples, batches) is None
    assert ratio(in_batches(samples, batches), batches) == (Fraction(4), False)


TRAINING = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)
{}
"""


def training(text: str) -> Program:
    """Return a program that has a model, an optimizer and a scheduler."""
    return program_of(TRAINING.format(text))


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("for i in range(8):\n    optimizer.step()\n    scheduler.step()", 8),
        ("for i in range(8):\n    if (i + 1) % 4 == 0:\n        scheduler.step()", 2),
        ("use_schedule = setting()\nfor i in range(8):\n    if use_schedule:\n        scheduler.step()", 8),
        ("for i in range(8):\n    try:\n        scheduler.step()\n    except ValueError:\n        pass", 8),
        ("for i in range(8):\n    if i > 3:\n        scheduler.step()", None),
        ("for i in range(8):\n    if f(i):\n        continue\n    scheduler.step()", None),
        ("while going():\n    scheduler.step()", None),
        ("trainer.fit(model, scheduler)\nfor i in range(8):\n    scheduler.step()", None),
    ],
)
def test_steps_in_the_life_of_a_scheduler(text: str, steps: int | None) -> None:
    (schedule,) = training(text).schedules
    assert (schedule.length and schedule.length.number) == steps


@pytest.mark.parametrize(
    ("text", "handed"),
    [
        ("for _ in range(3):\n    optimizer.step()", False),
        ("print(scheduler.get_last_lr())", False),
        ("unknown(scheduler)", True),
        ("kept = [scheduler]", True),
        ("state = {'scheduler': scheduler}", True),
        ("args.scheduler = scheduler", True),
        ("step = scheduler.step", True),
        ("pair = optimizer, scheduler", False),
    ],
)
def test_who_else_may_step_a_scheduler(text: str, handed: bool) -> None:
    (schedule,) = training(text).schedules
    assert schedule.handed is handed


def test_an_optimizer_knows_what_steps_it_and_whether_it_is_made_anew() -> None:
    text = "for epoch in range(3):\n    {}again = torch.optim.Adam(model.parameters())\n    again.step()"
    _, again = training(text.format("")).optimizers
    assert again.anew
    assert [step.text for step in again.steps] == ["again.step"]
    _, again = training(text.format("if epoch == 2: ")).optimizers
    assert not again.anew
