"""TL114: the result of an operation that changes nothing in place is thrown away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from trainlint.edit import Rewrite
from trainlint.finding import Confidence, Finding, Fix, Severity
from trainlint.operations import Role
from trainlint.program import facts
from trainlint.program.query import Program
from trainlint.program.records import Called
from trainlint.program.tensors import Parameters, Tensor
from trainlint.program.torch_api import role_by_name
from trainlint.program.values import Constant, Method, Object, Value
from trainlint.rule import Rule

# Methods that only tensors (and arrays) have, and that give a new one.
OF_TENSORS = (
    *("view", "reshape", "permute", "transpose", "squeeze", "unsqueeze", "expand", "expand_as", "flatten"),
    *("masked_fill", "masked_scatter", "index_fill", "index_add", "scatter", "scatter_add", "fill_diagonal"),
    *("clamp", "clip", "clamp_min", "clamp_max", "relu", "sigmoid", "tanh", "softmax", "log_softmax"),
    *("mul", "div", "sub", "add", "addcmul", "addcdiv", "renorm", "lerp"),
)
# Methods that other things, such as batches of other libraries, have as well and that may act in place there.
OF_OTHERS_TOO = ("to", "cuda", "half", "float", "double", "bfloat16", "long", "int", "detach", "contiguous", "type")
# Functions of torch.nn.functional, each also a module: they act on their input only with `inplace=True`.
FUNCTIONS = (
    *("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"),
    *("relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "hardtanh", "hardswish"),
    *("softmax", "log_softmax", "sigmoid", "tanh", "normalize", "layer_norm", "pad", "interpolate", "max_pool2d"),
)
OF_TORCH = ("clamp", "masked_fill", "squeeze", "unsqueeze", "transpose", "permute", "reshape", "flatten", "relu")
LAYERS = ("Dropout", "Dropout2d", "Dropout3d", "ReLU", "LeakyReLU", "ELU", "GELU", "SiLU", "Sigmoid", "Tanh", "Softmax")
# What makes a tensor, and nothing else.
MAKERS = (
    *("tensor", "as_tensor", "from_numpy", "rand", "randn", "randint", "randperm", "zeros", "ones", "empty", "full"),
    *("arange", "linspace", "eye", "zeros_like", "ones_like", "rand_like", "randn_like", "cat", "stack", "matmul"),
    *("FloatTensor", "LongTensor", "BoolTensor", "HalfTensor", "DoubleTensor", "IntTensor", "autograd.Variable"),
)
MADE = frozenset(f"torch.{name}" for name in MAKERS)


class DiscardedResult(Rule):
    """The result of a call is thrown away, and the call changes nothing in place.

    ## What it finds
    A statement that computes a new tensor and drops it: `x.to(device)` of a tensor, `x.masked_fill(mask, 0)`,
    `p.data.clamp(-c, c)`, `F.dropout(x, 0.5)` or `self.relu(x)` in a forward, without `inplace=True`. Only a warning
    where the tensor is a variable that nothing reads afterwards: the statement is in vain, and does no harm.

    ## Why it hurts
    The program goes on with the old tensor: the mask masks 0 positions, the dropout drops nothing, the weight clipping
    of a Wasserstein GAN does not hold its critic to any bound, the batch stays on the CPU. Nothing fails, and nothing
    is said.

    ## What to do
    Keep the result (`x = x.to(device)`), or use the variant that acts in place and ends in `_` (`x.masked_fill_(...)`).
    `model.to(device)` of a module is something else: it moves the module itself.

    ## When to ignore it
    When only the time that the operation takes is of interest.
    """

    code = "TL114"
    name = "discarded-result"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html",
        "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.masked_fill.html",
        "https://docs.pytorch.org/docs/stable/notes/autograd.html#in-place-operations-with-autograd",
    )
    bad = """
import torch
scores, mask = torch.randn(2, 5), torch.tensor([[False, False, False, True, True]] * 2)
scores.masked_fill(mask, float("-inf"))
attention = scores.softmax(dim=-1)
"""
    good = """
import torch
scores, mask = torch.randn(2, 5), torch.tensor([[False, False, False, True, True]] * 2)
scores = scores.masked_fill(mask, float("-inf"))
attention = scores.softmax(dim=-1)
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for name in OF_TENSORS + OF_OTHERS_TOO:
            for called in program.calls(f".{name}"):
                confidence = _of_a_tensor(called, name) if called.is_statement else None
                if confidence is not None:
                    remedy = f"{called.text.removesuffix(f'.{name}')} = {called.text}(…)"
                    yield self._found(called, remedy, confidence, _is_needed(program, called))
        functions = [f"torch.nn.functional.{name}" for name in FUNCTIONS] + [f"torch.{name}" for name in OF_TORCH]
        for called in program.calls(*functions, *(f"torch.nn.{name}" for name in LAYERS)):
            applied = called.makes is not called.name.startswith("torch.nn.") or ".functional." in called.name
            if called.is_statement and called.within is not None and applied and not _may_be_in_place(called):
                remedy = f"{called.written(0, 'input') or 'x'} = {called.text}(…)"
                yield self._found(called, remedy, Confidence.HIGH, _is_needed(program, called))

    def _found(self, called: Called, remedy: str, confidence: Confidence, needed: bool) -> Finding:
        edit = Rewrite(called.place, "{base} = {}" if isinstance(called.callee, Method) else "{first} = {}")
        target = remedy.partition(" = ")[0]
        of_tensor = isinstance(called.callee, Method) and not isinstance(called.callee.receiver, Parameters)
        takes_tensor = "." not in target or of_tensor or target.endswith(".data")  # a parameter takes no tensor
        found = self.finding(
            called.place,
            f"the result of `{called.text}` is thrown away, and nothing is changed in place",
            evidence={"call": called.text, "in_place": False, "read_later": needed},
            confidence=confidence if needed else Confidence.MEDIUM,
            fix=Fix(f"keep the result: `{remedy}`", edits=(edit,) if takes_tensor else ()),
        )
        return found if needed else replace(found, severity=Severity.WARN)


def _is_needed(program: Program, called: Called) -> bool:
    """Tell whether the tensor that was meant to change may be used later: else the statement is merely in vain."""
    callee = called.node.callee
    if isinstance(called.callee, Method):
        return not isinstance(callee, facts.Attribute) or program.is_read_later(called, callee.base)
    given = called.node.arguments
    return not given or program.is_read_later(called, given[0].value)


def _of_a_tensor(called: Called, name: str) -> Confidence | None:
    """Tell how sure it is that this is the method of a tensor; `None` where it may be something else's."""
    match called.callee:
        case Method(Parameters()):
            return Confidence.HIGH
        case Method(Tensor() as tensor):
            if name in OF_TENSORS or _is_surely_tensor(tensor):
                return Confidence.HIGH
            if role_by_name(called.text.removesuffix(f".{name}").rpartition(".")[2]) is Role.MODEL:
                return None  # a module moves itself
            return Confidence.MEDIUM if tensor.item and tensor.made_by is None else None
    return None


def _is_surely_tensor(value: Value) -> bool:
    """Tell whether this is one tensor, and no structure of tensors or object of another library."""
    if not isinstance(value, Tensor) or value.made_by is None:
        return False
    made_by = value.made_by
    match made_by.callee:
        case Method(receiver):
            return _is_surely_tensor(receiver)
        case Object(origin=str()):
            return made_by.name.startswith("torch.nn.") and not made_by.name.endswith(
                ("LSTM", "GRU", "RNN", "Attention")
            )
    return made_by.name in MADE or made_by.name.startswith("torch.nn.functional.")


def _may_be_in_place(called: Called) -> bool:
    """Tell whether a function or an activation may change its input, or whether its result goes elsewhere."""
    arguments = called.callee.arguments if isinstance(called.callee, Object) else called.arguments
    named = [arguments.get(-1, name) for name in ("inplace", "out")]
    return any(value not in (None, Constant(False)) for value in named) or Constant(True) in arguments.positional
