"""TL105: a context manager is made and never entered."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.edit import Enter
from trainlint.finding import Finding, Fix, Place, Severity
from trainlint.operations import Role
from trainlint.program.query import Program
from trainlint.program.torch_api import canonical
from trainlint.program.values import External, Method, Object
from trainlint.rule import Rule

# Contexts of torch that do nothing until they are entered, and what stays as it was.
CONTEXTS = {
    "torch.no_grad": "autograd goes on recording",
    "torch.inference_mode": "autograd goes on recording",
    "torch.enable_grad": "whether autograd records stays as it was",
    "torch.autocast": "everything runs in the precision of before",
    "torch.amp.autocast": "everything runs in the precision of before",
    "torch.cuda.amp.autocast": "everything runs in the precision of before",
    "torch.cpu.amp.autocast": "everything runs in the precision of before",
    "torch.device": "the default device stays as it was",
    "torch.cuda.device": "the current device stays as it was",
    "torch.cuda.stream": "the current stream stays as it was",
    "torch.random.fork_rng": "the random state is not kept",
    "torch.autograd.detect_anomaly": "anomalies are not looked for",
    "torch.autograd.graph.save_on_cpu": "activations stay on the device",
    "torch.profiler.profile": "nothing is profiled",
    "torch.profiler.record_function": "nothing is recorded",
}
SYNCHRONISES = "gradients are synchronised in every backward"


class ContextNotEntered(Rule):
    """A context manager such as `torch.no_grad()` is made as a statement, and never entered.

    ## What it finds
    `torch.no_grad()`, `torch.inference_mode()`, `torch.autocast(...)`, `torch.cuda.device(...)`, `model.no_sync()` and
    the like as a statement of its own, in place of `with torch.no_grad():`.

    ## Why it hurts
    The object is made, thrown away, and nothing has changed: these contexts act between `__enter__` and `__exit__`
    only. After a bare `torch.no_grad()` an evaluation keeps every activation for a backward that never comes, which
    needs the memory of training: the network of `examples/digits` (6,186 parameters) keeps 1.7 MiB for each batch of
    100 images. After a bare `torch.autocast("cuda")` the program trains in float32 and is as slow as before.

    ## What to do
    Put what it is meant for under `with`, or decorate the function: `@torch.no_grad()`. The fix is unsafe because only
    you know where the block ends. `torch.set_grad_enabled(False)` is another matter: it acts at once.

    ## When to ignore it
    Never: such a statement does nothing.
    """

    code = "TL105"
    name = "context-not-entered"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.no_grad.html",
        "https://docs.pytorch.org/docs/stable/amp.html#autocasting",
        "https://docs.python.org/3/reference/compound_stmts.html#the-with-statement",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
model.eval()
torch.no_grad()
outputs = model(torch.randn(16, 4))
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
model.eval()
with torch.no_grad():
    outputs = model(torch.randn(16, 4))
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for name, stays in CONTEXTS.items():
            for called in program.calls(name):
                if called.is_statement:
                    yield self._unentered(called.place, called.text, stays)
        for called in program.calls(".no_sync"):
            match called.callee:
                case Method(Object(role=Role.MODEL)) if called.is_statement:
                    yield self._unentered(called.place, called.text, SYNCHRONISES)
        for mentioned in program.mentioned:
            if isinstance(mentioned.base, External):
                named = canonical(f"{mentioned.base.dotted}.{mentioned.name}")
                if named in CONTEXTS:
                    yield self._unentered(mentioned.place, mentioned.text, CONTEXTS[named])

    def _unentered(self, place: Place, text: str, stays: str) -> Finding:
        return self.finding(
            place,
            f"`{text}` is made and never entered: {stays}",
            evidence={"entered": False},
            fix=Fix(f"put what it is meant for under `with {text}(…):`", edits=(Enter(place),)),
        )
