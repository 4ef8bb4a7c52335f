"""What happens from iteration to iteration: what piles up, what is handed on, and what happens seldom."""

from __future__ import annotations

import pytest

from tests.program.reading import program_of
from trainlint.operations import Kind, Operation
from trainlint.program.walk import walk

PRELUDE = """
import torch
from torch import nn
model = nn.Linear(1, 1)
rnn = nn.GRU(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""


def loop_of(*lines: str, before: str = "") -> str:
    body = "\n".join(f"    {line}" for line in lines)
    return f"{PRELUDE}{before}\nfor i, (x, y) in enumerate(train_loader):\n{body}\n"


LOSS = "loss = nn.functional.mse_loss(model(x), y)"


class TestPiles:
    @pytest.mark.parametrize(
        "line",
        [
            "total += loss",
            "total += loss * len(x)",
            "total = 0.9 * total + 0.1 * loss",
            "total = total + loss.cpu() if i else loss",
        ],
    )
    def test_a_sum_of_losses_is_one(self, line: str) -> None:
        program = program_of(loop_of(LOSS, "loss.backward()", line, before="total = 0"))
        assert [pile.name for pile in program.piles()] == ["total"]

    @pytest.mark.parametrize(
        "line",
        [
            "total += loss.item()",
            "total += float(loss)",
            "total += loss.detach()",
            "total = total + loss.data",
            "total = loss",
            "total += accuracy(x, y)",
        ],
    )
    def test_numbers_and_tensors_without_a_graph_are_none(self, line: str) -> None:
        program = program_of(loop_of(LOSS, "loss.backward()", line, before="total = 0"))
        assert not list(program.piles())

    def test_a_sum_that_a_backward_goes_through_is_none(self) -> None:
        text = loop_of(
            LOSS, "total += loss", "if i % 4 == 0:", "    total.backward()", "    total = 0", before="total = 0"
        )
        assert not list(program_of(text).piles())

    def test_a_graph_that_is_retained_may_be_used(self) -> None:
        text = loop_of(LOSS, "loss.backward(retain_graph=True)", "total += loss", before="total = 0")
        assert not list(program_of(text).piles())

    @pytest.mark.parametrize(
        ("emptied", "expected"), [("pass", ["losses"]), ("losses.clear()", []), ("del losses[:]", [])]
    )
    def test_a_list_is_one_unless_the_loop_empties_it(self, emptied: str, expected: list[str]) -> None:
        text = loop_of(LOSS, "loss.backward()", "losses.append(loss)", emptied, before="losses = []")
        assert [pile.name for pile in program_of(text).piles()] == expected


class TestStreams:
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("pass", ["state"]),
            ("state = state.detach()", []),
            ("state.detach_()", []),
            ("state = torch.zeros(1, 1, 1)", []),
            ("state = [part.data for part in state]", []),
        ],
    )
    def test_a_state_that_goes_in_again(self, line: str, expected: list[str]) -> None:
        text = loop_of(
            line, "out, state = rnn(x, state)", "out.sum().backward()", before="state = torch.zeros(1, 1, 1)"
        )
        assert [stream.name for stream in program_of(text).streams()] == expected


class TestRhythm:
    @pytest.mark.parametrize(
        ("test", "seldom"),
        [
            ("(i + 1) % 4 == 0", True),
            ("not i % n", True),
            ("i % n == n - 1 and i > 0", True),
            ("i % 4 == 0 or i == last", True),
            ("i > 4", False),
            ("i % 1 == 0", False),
        ],
    )
    def test_what_a_test_says(self, test: str, seldom: bool) -> None:
        program = program_of(loop_of(LOSS, "loss.backward()", f"if {test}:", "    optimizer.step()"))
        (root,) = program.roots
        (loop,) = root.loops
        step = next(o for o in loop.operations if o.kind is Kind.OPTIMIZER_STEP)
        backward = next(o for o in loop.operations if o.kind is Kind.BACKWARD)
        pace, each = program.rhythm(step, loop), program.rhythm(backward, loop)
        assert pace is not None
        assert pace.seldom is seldom
        assert each is not None
        assert not each.seldom
        assert not each.given

    def test_what_follows_a_continue_is_as_seldom(self) -> None:
        lines = (LOSS, "loss.backward()", "if (i + 1) % 4 != 0:", "    continue", "optimizer.step()")
        assert [window.step.call for window in program_of(loop_of(*lines)).accumulations()] == ["optimizer.step"]


class TestDetachedLosses:
    @pytest.mark.parametrize(
        ("line", "cut"),
        [
            ("loss = torch.tensor(loss.item(), requires_grad=True)", "torch.tensor"),
            ("loss = torch.tensor(other(x), requires_grad=True)", "torch.tensor"),
            ("loss = loss.detach()", ".detach()"),
            ("loss = loss.data", ".data"),
            ("loss = loss.item()", ".item()"),
            ("loss = (model(x).argmax(1) - y).sum()", ".argmax()"),
        ],
    )
    def test_what_cuts_a_loss_off(self, line: str, cut: str) -> None:
        program = program_of(loop_of(LOSS, line, "loss.backward()"))
        assert [found.text for _, found in program.detached_losses()] == [cut]

    @pytest.mark.parametrize(
        "line",
        [
            "pass",
            "loss = loss + loss.detach()",
            "loss = loss.detach() * weight",
            "loss = torch.zeros(1).add_(loss)",
            "loss = torch.zeros(1) if i else loss",
            "loss = loss.detach() * nn.Parameter(torch.ones(1))",
            "loss = (loss.detach() * torch.ones(1, requires_grad=True)).sum()",
        ],
    )
    def test_what_may_have_a_path_is_not_cut_off(self, line: str) -> None:
        assert not list(program_of(loop_of(LOSS, line, "loss.backward()")).detached_losses())


class TestRetained:
    @pytest.mark.parametrize(
        ("before", "lines", "expected"),
        [
            ("", ("loss.backward(retain_graph=True)",), 1),
            ("", ("loss.backward(retain_graph=True)", "loss.backward()"), 0),
            ("", ("loss.backward(retain_graph=keep)",), 0),
            ("", ("loss.backward(retain_graph=True, create_graph=True)",), 0),
            ("w = nn.Parameter(y0) * 2", ("loss = loss * w", "loss.backward(retain_graph=True)"), 0),
            ("", ("self.kept = loss", "other(self)", "loss = f(loss)", "loss.backward(retain_graph=True)"), 0),
        ],
    )
    def test_only_a_graph_of_its_own_is_retained_in_vain(
        self, before: str, lines: tuple[str, ...], expected: int
    ) -> None:
        assert len(list(program_of(loop_of(LOSS, *lines, before=before)).retained_in_vain())) == expected


def test_one_of_two_optimizers_is_the_same_at_each_call() -> None:
    before = "optimizer = torch.optim.Adam(model.parameters()) if adam else torch.optim.SGD(model.parameters(), 0.1)"
    lines = (LOSS, "loss.backward()", "optimizer.zero_grad()", "optimizer.step()")
    cleared: list[bool] = []

    def advance(state: object, operation: Operation) -> object:
        return operation.optimizer if operation.kind is Kind.ZERO_GRAD else state

    def visit(operation: Operation, states: frozenset[object]) -> None:
        if operation.kind is Kind.OPTIMIZER_STEP:
            cleared.append(states == {operation.optimizer})

    program = program_of(loop_of(*lines, before=before))
    (root,) = program.roots
    walk(program.tree(root, frozenset({Kind.ZERO_GRAD, Kind.OPTIMIZER_STEP})), None, advance, visit)
    assert cleared
    assert all(cleared)
