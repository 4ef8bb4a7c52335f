"""The orders in which the operations of a program can happen."""

from __future__ import annotations

from collections.abc import Hashable

import pytest

from tests.program.reading import calls, operations, orders, program_of
from trainlint.operations import Kind, Operation, Role
from trainlint.program.walk import walk

PRELUDE = """
import argparse
import torch
from torch import nn
model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""
CLIP = "torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)"
STEPS = (Kind.BACKWARD, Kind.UNSCALE, Kind.CLIP, Kind.OPTIMIZER_STEP, Kind.SCALER_STEP, Kind.SCALER_UPDATE)
SCALED, PLAIN = "scaler.scale(loss).backward", "loss.backward"


def orders_of(text: str, *kinds: Kind) -> set[str]:
    """Return the orders, with the last word of each call only."""
    found = orders(program_of(PRELUDE + text), *(kinds or STEPS))
    return {" ".join(_shortened(call) for call in order.split(" ")) for order in found}


def _shortened(call: str) -> str:
    return "scaled" if call.startswith("scaler.scale") else call.rpartition(".")[2].strip("_")


LOOP = f"""
for x in loader:
    loss = model(x).sum()
    if scaler is not None:
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
    else:
        loss.backward()
    {CLIP}
    if scaler is not None:
        scaler.step(optimizer)
        scaler.update()
    else:
        optimizer.step()
"""
BOTH = {"scaled unscale clip_grad_norm step update", "backward clip_grad_norm step"}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("scaler = torch.amp.GradScaler() if amp else None", BOTH),
        ("scaler = None\nif amp:\n    scaler = torch.amp.GradScaler()", BOTH),
        ("if amp:\n    scaler = torch.amp.GradScaler()\nelse:\n    scaler = None", BOTH),
        ("scaler = torch.amp.GradScaler()", {"scaled unscale clip_grad_norm step update"}),
        ("scaler = None", {"backward clip_grad_norm step"}),
        ("scaler = given", BOTH),
    ],
)
class TestScalerOrNone:
    def test_branches_on_it_come_out_alike(self, made: str, expected: set[str]) -> None:
        assert orders_of(made + LOOP) == expected

    @pytest.mark.parametrize("test", ["scaler", "scaler != None", "not scaler is None", "None is not scaler"])
    def test_however_they_are_written(self, made: str, expected: set[str], test: str) -> None:
        assert orders_of(made + LOOP.replace("scaler is not None", test, 1)) == expected


class TestScalerEnabledByFlag:
    TEXT = f"""
scaler = torch.amp.GradScaler('cuda', enabled=ENABLED)
loss = model(x).sum()
scaler.scale(loss).backward()
if amp:
    scaler.unscale_(optimizer)
{CLIP}
scaler.step(optimizer)
"""

    def ways_to_the_clip(self, enabled: str, before: str = "") -> set[tuple[bool | None, bool]]:
        """Return for each way to the clip whether the backward was scaled and whether an unscale came after it."""
        program = program_of(PRELUDE + before + self.TEXT.replace("ENABLED", enabled))
        found: set[tuple[bool | None, bool]] = set()

        def advance(state: Hashable, operation: Operation) -> Hashable:
            assert isinstance(state, tuple)
            match operation.kind:
                case Kind.BACKWARD:
                    return operation.scaled, False
                case Kind.UNSCALE:
                    return state[0], True
            return state

        def visit(operation: Operation, states: frozenset[Hashable]) -> None:
            if operation.kind is Kind.CLIP:
                found.update(states)  # type: ignore[arg-type]

        walk(program.roots[0].tree, (None, False), advance, visit)
        return found

    def test_the_same_flag_unscales(self) -> None:
        assert self.ways_to_the_clip("amp") == {(True, True), (False, False)}

    def test_another_flag_may_not(self) -> None:
        # (False, True) cannot be: a scaler that is off does not unscale.
        assert self.ways_to_the_clip("other") == {(True, True), (True, False), (False, False)}

    @pytest.mark.parametrize(
        ("enabled", "steps"),
        [("True", {"scaler-step"}), ("False", {"optimizer-step"}), ("amp", {"scaler-step", "optimizer-step"})],
    )
    def test_the_step_of_a_scaler_that_is_off_is_the_optimizers(self, enabled: str, steps: set[str]) -> None:
        program = program_of(PRELUDE + self.TEXT.replace("ENABLED", enabled))
        assert {o.kind.value for o in operations(program, Kind.SCALER_STEP, Kind.OPTIMIZER_STEP)} == steps

    def test_a_flag_of_the_command_line(self) -> None:
        before = (
            "parser = argparse.ArgumentParser()\nparser.add_argument('--amp', action='store_true')\n"
            "args = parser.parse_args()\namp = args.amp\n"
        )
        assert self.ways_to_the_clip("args.amp", before) == {(True, True), (False, False)}

    @pytest.mark.parametrize(("enabled", "scaled"), [("True", True), ("False", False), ("not False", True)])
    def test_a_flag_that_is_known(self, enabled: str, scaled: bool) -> None:
        assert {way for way, _ in self.ways_to_the_clip(enabled)} == {scaled}


class TestBranches:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("if True:\n    a.backward()\nelse:\n    optimizer.step()", {"backward"}),
            ("FLAG = False\nif FLAG:\n    a.backward()\noptimizer.step()", {"step", "backward step"}),
            ("FLAG = False\nif FLAG:\n    a.backward()\nif FLAG:\n    optimizer.step()", {"", "backward step"}),
            ("FLAG = True\nFLAG = False\nif FLAG:\n    a.backward()\noptimizer.step()", {"step"}),
            ("if 3 > 2 and 'a' == 'a':\n    a.backward()", {"backward"}),
            ("if 'a' in ('a', 'b'):\n    a.backward()", {"backward"}),
            ("if 'c' not in ('a', 'b'):\n    a.backward()", {"backward"}),
            ("if None is None:\n    a.backward()", {"backward"}),
            ("if []:\n    a.backward()\nelif [1]:\n    optimizer.step()", {"step"}),
            ("if model is None:\n    a.backward()", {""}),
            ("if b:\n    a.backward()\nif b:\n    optimizer.step()", {"", "backward step"}),
            ("if b:\n    a.backward()\nif not b:\n    optimizer.step()", {"backward", "step"}),
            ("if b == 1:\n    a.backward()\nif b != 1:\n    optimizer.step()", {"backward", "step"}),
            ("if b.c:\n    a.backward()\nif b.c:\n    optimizer.step()", {"", "backward step"}),
            ("c = b\nif b:\n    a.backward()\nif c:\n    optimizer.step()", {"", "backward step"}),
            ("c = not b\nif b:\n    a.backward()\nif c:\n    optimizer.step()", {"backward", "step"}),
            ("if b and c:\n    a.backward()\nif b:\n    optimizer.step()", {"", "step", "backward step"}),
            (
                "if b:\n    a.backward()\nb = f()\nif b:\n    optimizer.step()",
                {"", "backward", "step", "backward step"},
            ),
            ("if f():\n    a.backward()\nif f():\n    optimizer.step()", {"", "backward", "step", "backward step"}),
            ("if b:\n    a.backward()\n    raise SystemExit\noptimizer.step()", {"step"}),
            ("try:\n    a.backward()\nexcept E:\n    optimizer.step()", {"backward", "step"}),
            ("try:\n    a.backward()\nfinally:\n    optimizer.step()", {"backward step"}),
            ("try:\n    pass\nexcept E:\n    a.backward()\nelse:\n    optimizer.step()", {"backward", "step"}),
        ],
    )
    def test_in_a_script(self, text: str, expected: set[str]) -> None:
        assert orders_of(text) == expected

    @pytest.mark.parametrize("test", ["i % 4 == 0", "(i + 1) % 4 == 0", "step(i)", "i == len(loader) - 1"])
    def test_a_test_on_the_number_of_the_batch_comes_out_anew_each_time(self, test: str) -> None:
        text = f"for i, x in enumerate(loader):\n    a.backward()\n    if {test}:\n        optimizer.step()\n"
        assert orders_of(text) == {"backward", "backward step"}

    def test_two_tests_on_the_same_number_come_out_alike(self) -> None:
        text = (
            "for i, x in enumerate(loader):\n    if i % 4 == 0:\n"
            f"        a.backward()\n    if i % 4 == 0:\n        {CLIP}\n"
        )
        assert "clip_grad_norm" not in orders_of(text)

    def test_a_counter_that_goes_up_comes_out_anew(self) -> None:
        text = "n = 0\nfor x in loader:\n    n += 1\n    a.backward()\n    if n % 2 == 0:\n        optimizer.step()\n"
        assert orders_of(text) == {"backward", "backward step"}

    def test_a_flag_that_the_loop_leaves_alone_does_not(self) -> None:
        text = "for x in loader:\n    if b:\n        a.backward()\n    if not b:\n        optimizer.step()\n"
        assert orders_of("b = f()\n" + text) == {"backward", "step"}

    @pytest.mark.xfail(strict=True, reason="a name that nothing assigns is born where it is first read")
    def test_nor_does_a_name_that_nothing_assigns(self) -> None:
        text = "for x in loader:\n    if b:\n        a.backward()\n    if not b:\n        optimizer.step()\n"
        assert orders_of(text) == {"backward", "step"}


class TestWhatOperationsKnow:
    def test_an_optimizer_and_the_models_whose_parameters_it_has(self) -> None:
        (step,) = operations(program_of(PRELUDE + "optimizer.step()"), Kind.OPTIMIZER_STEP)
        assert step.optimizer is not None
        assert (step.optimizer.name, step.optimizer.role, step.optimizer.known) == ("optimizer", Role.OPTIMIZER, True)
        assert [subject.name for subject in step.models or ()] == ["model"]

    @pytest.mark.parametrize(
        ("given", "names"),
        [
            ("a.parameters()", {"a"}),
            ("list(a.parameters()) + list(b.parameters())", {"a", "b"}),
            ("[p for p in a.parameters() if p.requires_grad]", {"a"}),
            ("filter(lambda p: p.requires_grad, a.parameters())", {"a"}),
            ("[{'params': a.parameters()}, {'params': b.parameters(), 'lr': 1}]", {"a", "b"}),
            ("(p for _, p in a.named_parameters())", {"a"}),
            ("params", None),
        ],
    )
    def test_however_the_parameters_are_given(self, given: str, names: set[str] | None) -> None:
        text = f"a = nn.Linear(1, 1)\nb = nn.Linear(1, 1)\nopt_a = torch.optim.Adam({given})\nopt_a.step()"
        (step,) = operations(program_of(PRELUDE + text), Kind.OPTIMIZER_STEP)
        assert (None if step.models is None else {subject.name for subject in step.models}) == names

    def test_two_optimizers_are_told_apart(self) -> None:
        text = "g = nn.Linear(1, 1)\nopt_g = torch.optim.Adam(g.parameters())\nopt_g.step()\noptimizer.step()"
        first, second = operations(program_of(PRELUDE + text), Kind.OPTIMIZER_STEP)
        assert first.optimizer != second.optimizer
        assert not first.concerns(second)

    def test_a_clip_belongs_to_the_optimizer_of_its_model(self) -> None:
        clip, step = operations(program_of(f"{PRELUDE}{CLIP}\noptimizer.step()"), Kind.CLIP, Kind.OPTIMIZER_STEP)
        assert clip.optimizer == step.optimizer
        assert clip.concerns(step)

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("optimizer.zero_grad()", Kind.ZERO_GRAD),
            ("model.zero_grad(set_to_none=True)", Kind.ZERO_GRAD),
            ("for p in model.parameters():\n    p.grad = None", Kind.ZERO_GRAD),
            ("for p in model.parameters():\n    p.grad.zero_()", Kind.ZERO_GRAD),
            ("for p in model.parameters():\n    p.grad.data.clamp_(-1, 1)", Kind.CLIP),
            ("nn.utils.clip_grad_value_(model.parameters(), 1)", Kind.CLIP),
            ("torch.autograd.backward(model(x))", Kind.BACKWARD),
            ("model(x).sum().backward()", Kind.BACKWARD),
            ("optimizer.step(lambda: 1)", Kind.OPTIMIZER_STEP),
            ("s = torch.optim.lr_scheduler.StepLR(optimizer, 3)\ns.step()", Kind.SCHEDULER_STEP),
            ("s = torch.amp.GradScaler()\ns.update()", Kind.SCALER_UPDATE),
            ("s = torch.cuda.amp.GradScaler()\ns.step(optimizer)", Kind.SCALER_STEP),
            ("s = torch.amp.GradScaler()\ns.unscale_(optimizer)", Kind.UNSCALE),
            ("accelerator.backward(model(x))", Kind.UNKNOWN),
            ("engine.step(model)", Kind.UNKNOWN),
        ],
    )
    def test_its_kind(self, text: str, kind: Kind) -> None:
        assert operations(program_of(PRELUDE + text), kind)

    def test_a_closure_is_run_before_the_step(self) -> None:
        text = "def closure():\n    optimizer.zero_grad()\n    model(x).sum().backward()\noptimizer.step(closure)\n"
        assert orders_of(text, Kind.ZERO_GRAD, Kind.BACKWARD, Kind.OPTIMIZER_STEP) == {"zero_grad backward step"}

    def test_a_call_is_shown_as_it_was_written(self) -> None:
        program = program_of(f"{PRELUDE}{CLIP}\nmodel(x)")
        assert calls(program, Kind.CLIP, Kind.FORWARD) == ["torch.nn.utils.clip_grad_norm_", "model"]

    def test_names_that_a_snippet_does_not_import(self) -> None:
        program = program_of("m = nn.Linear(1, 1)\no = optim.SGD(m.parameters())\nm(x).backward()\no.step()\n")
        assert [operation.kind for operation in operations(program)] == [
            Kind.BUILD,
            Kind.FORWARD,
            Kind.BACKWARD,
            Kind.OPTIMIZER_STEP,
        ]


def test_a_finally_happens_before_a_return_leaves() -> None:
    program = program_of("""
        import torch
        from torch import nn
        def predict(x):
            model.eval()
            try:
                return model(x)
            finally:
                model.train()
        model = nn.Linear(4, 2)
        predict(1)
    """)
    assert orders(program) == {"model.eval model model.train"}


def test_what_a_name_may_be_is_the_same_each_time() -> None:
    program = program_of("""
        import sys
        from torch import nn
        def first(model):
            model.train()
        def second(model):
            model.eval()
        model = nn.Linear(1, 1)
        if len(sys.argv) > 1:
            step = first
        else:
            step = second
        step(model)
        model(1)
        step(model)
    """)
    assert orders(program) == {"model.train model", "model.eval model"}
