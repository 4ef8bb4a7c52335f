"""TL103: an evaluation loop builds the autograd graph."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.edit import Cover
from trainlint.finding import Confidence, Finding, Fix, Place, Related, Severity
from trainlint.program.anatomy import has_frozen_parameters
from trainlint.program.evaluation import Evaluation
from trainlint.program.outputs import operand
from trainlint.program.query import Program
from trainlint.program.tensors import Tensor
from trainlint.program.values import NONE, Constant, Value
from trainlint.rule import Rule
from trainlint.run import Run

_WRAPPERS = 4  # calls that an input may have gone through: `Variable(x, volatile=True).cuda()`
_TARGETS = re.compile(r"label|target|truth|(^|[_.])(y|gt)(_|\b|$)", re.I)


class MissingNoGrad(Rule):
    """An evaluation loop builds the autograd graph and never uses it.

    ## What it finds
    A forward in a loop of validation, test or prediction while autograd records, where nothing in the loop computes a
    gradient. A model that is not known and is given the targets as well may compute one inside, and is left alone. In
    a run: forwards with a graph, batch after batch, that no backward ever follows.

    ## Why it hurts
    Every activation is kept until the output is dropped, so evaluation needs the memory of training: the small network
    of `examples/digits` (6,186 parameters) keeps 1.7 MiB for each batch of 100 images of 8 by 8. A batch size that
    would fit does not, and `total += loss` keeps the graphs of *all* batches until memory runs out. Each operation
    also pays for its node of the graph.

    ## What to do
    Evaluate under `with torch.no_grad():`, or `torch.inference_mode()`, or decorate the function with one of them.
    `model.eval()` does not do it: mode and autograd are independent. The fix is unsafe: a model that differentiates
    inside its own forward, as for forces from an energy, must record.

    ## When to ignore it
    When something outside the loop differentiates its result.
    """

    code = "TL103"
    name = "missing-no-grad"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/notes/autograd.html#locally-disabling-gradient-computation",
        "https://docs.pytorch.org/docs/stable/notes/faq.html#my-model-reports-cuda-runtime-error-2-out-of-memory",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
test_loader = torch.utils.data.DataLoader([(torch.randn(4), 0)] * 64, batch_size=16)
model.eval()
for inputs, targets in test_loader:
    correct = (model(inputs).argmax(1) == targets).sum()
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
test_loader = torch.utils.data.DataLoader([(torch.randn(4), 0)] * 64, batch_size=16)
model.eval()
with torch.no_grad():
    for inputs, targets in test_loader:
        correct = (model(inputs).argmax(1) == targets).sum()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        trained = {forward.operation.location for forward in program.training()}
        for evaluation in program.evaluations():
            if evaluation.grad is not True or not evaluation.forward.loops or has_frozen_parameters(evaluation.model):
                continue
            if _may_differentiate(evaluation):
                continue
            shared = program.evaluates_at(evaluation.forward)
            location = evaluation.operation.location
            around = None if location in trained or shared is not None else evaluation.own_loop
            fix = "evaluate under `with torch.no_grad():`"
            related = [] if shared is None else [Related(shared[0], f"`{shared[1]}` evaluates when called from here")]
            related += [
                Related(place, "`volatile=True` does nothing since torch 0.4") for place in _volatile(evaluation)
            ]
            yield self.finding(
                evaluation.operation.location,
                f"`{evaluation.operation.call}` records gradients during evaluation, and nothing uses them",
                related=tuple(related),
                evidence={"evaluates": evaluation.evidence},
                confidence=Confidence.MEDIUM,
                fix=Fix(
                    fix if shared is None else f"call `{shared[1]}` under `with torch.no_grad():` where it evaluates",
                    edits=() if around is None else (Cover(around, "torch.no_grad", location),),
                ),
            )

    def check_run(self, run: Run) -> Iterator[Finding]:
        trained = {forward.model for forward in run.forwards if forward.trained}
        for forward in run.forwards:
            feed = forward.feed
            if feed is None or not feed.evaluates or forward.model not in trained:
                continue
            if forward.trained or not forward.with_graph:
                continue
            yield self.finding(
                forward.location,
                f"`{forward.call}` records gradients during evaluation, and nothing uses them",
                related=(Related(feed.location, f"no backward follows the {feed.batches} batches from here"),),
                evidence={"forwards": forward.count, "with_graph": forward.with_graph, "backwards": 0},
                fix=Fix("evaluate under `with torch.no_grad():`"),
            )


def _volatile(evaluation: Evaluation) -> Iterator[Place]:
    """Yield where the inputs were wrapped in a way that once kept gradients from being recorded."""
    for given in evaluation.forward.arguments.values():
        value: Value = given
        for _ in range(_WRAPPERS):
            made = value.made_by if isinstance(value, Tensor) else None
            if made is None:
                break
            if made.arguments.get(-1, "volatile") == Constant(True):
                yield made.place
            value = operand(made) or NONE


def _may_differentiate(evaluation: Evaluation) -> bool:
    """Tell whether a model that is not known is given the targets as well: it may compute gradients itself."""
    inputs = evaluation.forward.inputs
    return not evaluation.knows_model and len(inputs) > 1 and any(map(_TARGETS.search, inputs))
