"""TL102: training goes on in the eval mode of the validation before."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace

from trainlint.edit import Insert, Written
from trainlint.finding import Confidence, Finding, Fix, Place, Related, Severity
from trainlint.operations import Kind, Operation, Subject
from trainlint.program.query import Program
from trainlint.program.values import Object, Unknown
from trainlint.program.walk import TooManyPathsError, walk
from trainlint.rule import Rule
from trainlint.run import Run

STEPS = frozenset({Kind.OPTIMIZER_STEP, Kind.SCALER_STEP})
KINDS = STEPS | {Kind.BUILD, Kind.TRAIN, Kind.EVAL, Kind.FORWARD, Kind.BACKWARD, Kind.UNKNOWN}
SETTLED = 3  # times that a pattern of operations is followed: after two, its states repeat
BY_MODE = ("Dropout", "BatchNorm")  # parts of the names of layers that act otherwise in eval mode


@dataclass(frozen=True, slots=True)
class _Switch:
    """A call of `eval()`; whether the model was evaluated then, and whether the mode was changed since."""

    operation: Operation
    evaluated: bool = False
    undone: bool = False


@dataclass(frozen=True, slots=True)
class _Graph:
    """A forward whose graph may still train, and the `eval()` before it, if any."""

    forward: Operation
    switch: _Switch | None
    differentiated: bool = False


@dataclass(frozen=True, slots=True)
class _Modes:
    """The state of training: modes, graphs, and the models that have trained in training mode."""

    switches: frozenset[_Switch] = frozenset()
    graphs: frozenset[_Graph] = frozenset()
    trained: frozenset[frozenset[Subject]] = frozenset()


class MissingTrainAfterEval(Rule):
    """The model is put in eval mode for validation, and the next epoch trains it so.

    ## What it finds
    An optimizer step on the gradients of a forward in eval mode, where the model had trained in training mode before,
    was then put in eval mode and evaluated, and nothing has called `train()` since. A model that is in eval mode from
    the start on, or of which a part only is (frozen batch norm), is meant to be.

    ## Why it hurts
    From the second epoch on, dropout drops nothing and batch norm normalises by running statistics that no longer
    move. The network loses its regularisation after 1 epoch of 100, and its batch norm keeps the averages of weights
    that are long gone: accuracy gets stuck or falls while the loss looks smoother than ever.

    ## What to do
    Call `model.train()` at the start of each epoch, and after each evaluation within one. The fix is unsafe because it
    changes what is learnt.

    ## When to ignore it
    When the later epochs are to train with frozen statistics and without dropout.
    """

    code = "TL102"
    name = "missing-train-after-eval"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.train",
        "https://docs.pytorch.org/docs/stable/notes/autograd.html#evaluation-mode-nn-module-eval",
    )
    bad = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
train_batches = valid_batches = [(torch.randn(8, 4), torch.randint(2, (8,)))] * 4
for epoch in range(3):
    for inputs, targets in train_batches:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(inputs), targets).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        for inputs, targets in valid_batches:
            correct = (model(inputs).argmax(1) == targets).sum()
"""
    good = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
train_batches = valid_batches = [(torch.randn(8, 4), torch.randint(2, (8,)))] * 4
for epoch in range(3):
    model.train()
    for inputs, targets in train_batches:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(inputs), targets).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        for inputs, targets in valid_batches:
            correct = (model(inputs).argmax(1) == targets).sum()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for root in program.roots:
            forwards = {forward.operation: forward for forward in root.forwards}
            found: dict[_Graph, None] = {}

            def visit(operation: Operation, states: frozenset[Hashable], found: dict[_Graph, None] = found) -> None:
                found.update(dict.fromkeys(_wrong(operation, states)))

            try:
                walk(program.tree(root, KINDS), _Modes(), _advance, visit)
            except (TooManyPathsError, RecursionError):
                continue
            for graph in found:
                forward = forwards.get(graph.forward)
                model = None if forward is None else forward.model
                loop = next((loop.place for loop in forward.loops[-1:]), None) if forward is not None else None
                if isinstance(model, Object) and program.acts_by_mode(model):
                    yield self._found(graph, Confidence.HIGH, loop)
                elif isinstance(model, Unknown):
                    yield self._found(graph, Confidence.MEDIUM, loop)

    def check_run(self, run: Run) -> Iterator[Finding]:
        by_mode = {layer.model for layer in run.layers if any(word in layer.type for word in BY_MODE)}
        state: Hashable = _Modes()
        for _, pattern, steps in run.stretches:
            for _ in range(min(steps, SETTLED)):
                for operation, _ in run.patterns[pattern]:
                    for graph in _wrong(operation, frozenset({state})):
                        if not by_mode.isdisjoint(graph.forward.models or ()):
                            yield self._found(graph, Confidence.HIGH)
                    state = _advance(state, operation)

    def _found(self, graph: _Graph, confidence: Confidence, loop: Place | None = None) -> Finding:
        forward = graph.forward
        assert graph.switch is not None
        names = (("model", Written(forward.call)),)
        switch = graph.switch.operation
        return self.finding(
            forward.location,
            f"`{forward.call}` trains in eval mode: nothing calls `train()` after the evaluation",
            related=(Related(switch.location, f"`{switch.call}` sets eval mode for the evaluation"),),
            evidence={"training": False, "set_by": switch.call},
            confidence=confidence,
            fix=Fix(
                f"call `{forward.call}.train()` before training goes on",
                edits=()
                if loop is None
                else (Insert(loop, "{model}.train()", "before", names, holds=forward.location),),
            ),
        )


def _advance(state: Hashable, operation: Operation) -> Hashable:
    assert isinstance(state, _Modes)
    models = operation.models
    match operation.kind:
        case Kind.BACKWARD:
            return replace(
                state,
                graphs=frozenset(
                    replace(graph, differentiated=graph.differentiated or operation.concerns(graph.forward))
                    for graph in state.graphs
                ),
            )
        case kind if kind in STEPS:
            used = {graph for graph in state.graphs if graph.differentiated and operation.concerns(graph.forward)}
            in_training_mode = {g.forward.models for g in used if g.forward.models and not _in_eval_mode(g)}
            return replace(state, graphs=state.graphs - used, trained=state.trained | in_training_mode)
    if operation.kind is Kind.BUILD:  # of an optimizer: its model may be a new one of the same name
        return _Modes() if operation.optimizer is not None and operation.scheduler is None else state
    if not models or operation.kind not in KINDS:
        return state
    if operation.kind is Kind.FORWARD:
        return _forward(state, operation)
    kept = frozenset(graph for graph in state.graphs if not models & (graph.forward.models or models))
    if operation.kind is Kind.EVAL:
        others = {switch for switch in state.switches if not (switch.operation.models or models) <= models}
        return replace(state, switches=frozenset(others | {_Switch(operation)}), graphs=kept)
    undone = (replace(s, undone=s.undone or bool(models & (s.operation.models or models))) for s in state.switches)
    return replace(state, switches=frozenset(undone), graphs=kept)


def _forward(state: _Modes, operation: Operation) -> _Modes:
    models = operation.models or frozenset()
    switch = next((s for s in state.switches if models <= (s.operation.models or frozenset())), None)
    before = next((graph for graph in state.graphs if graph.forward.models == models), None)
    unused = before is not None and not before.differentiated and before.forward != operation
    if switch is not None and not switch.undone and (operation.grad is False or unused):
        evaluated = replace(switch, evaluated=True)
        state = replace(state, switches=state.switches - {switch} | {evaluated})
        switch = evaluated
    if operation.grad is False:
        return state
    graphs = state.graphs - {before} if before is not None else state.graphs
    return replace(state, graphs=graphs | {_Graph(operation, switch)})


def _in_eval_mode(graph: _Graph) -> bool:
    """Tell whether a forward happened in eval mode, as a run knows and the source tells by the calls before."""
    return graph.forward.training is False or (graph.switch is not None and not graph.switch.undone)


def _wrong(operation: Operation, states: frozenset[Hashable]) -> Iterator[_Graph]:
    """Yield the forwards in eval mode that an optimizer steps on, on every way that went through an evaluation."""
    if operation.kind not in STEPS:
        return
    ways: dict[tuple[Operation, Operation], list[_Graph]] = {}
    for state in states:
        assert isinstance(state, _Modes)
        for graph in state.graphs:
            used = graph.differentiated and operation.concerns(graph.forward)
            if used and graph.switch is not None and graph.forward.models in state.trained:
                ways.setdefault((graph.forward, graph.switch.operation), []).append(graph)
    for graphs in ways.values():
        if all(graph.switch is not None and graph.switch.evaluated and not graph.switch.undone for graph in graphs):
            yield graphs[0]
