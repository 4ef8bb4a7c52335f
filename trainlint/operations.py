"""The operations of training, under one name for source and run."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import field
from enum import Enum

from trainlint.finding import Location, Place
from trainlint.frozen import dataclass


class Kind(str, Enum):
    """What a training loop does, in the field's words."""

    BUILD = "build"  # an optimizer is made, a scheduler (with the optimizer that it drives), or a scaler
    FORWARD = "forward"
    BACKWARD = "backward"
    UNSCALE = "unscale"
    CLIP = "clip"
    OPTIMIZER_STEP = "optimizer-step"
    SCALER_STEP = "scaler-step"
    SCALER_UPDATE = "scaler-update"
    ZERO_GRAD = "zero-grad"
    SCHEDULER_STEP = "scheduler-step"
    TRAIN = "train"
    EVAL = "eval"
    CHECKPOINT = "checkpoint"
    HANDED = "handed"  # source only: objects given to a call that is not known, which is not named for training
    UNKNOWN = "unknown"  # a call that could do anything to the objects it is given; in a run, gradients written by hand


class Precision(str, Enum):
    """What autocast makes of the operations that it covers."""

    FULL = "full"  # autocast is off
    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"
    LOWER = "lower"  # autocast is on, with a type that is not known


class Role(str, Enum):
    """What an object is to training."""

    MODEL = "model"
    OPTIMIZER = "optimizer"
    SCHEDULER = "scheduler"
    SCALER = "scaler"
    LOADER = "loader"


@dataclass(frozen=True, slots=True)
class Subject:
    """An object that an operation concerns: its identity within one program or run, and the user's own name for it.

    `known` is false where only its name or use tells what it is: a parameter of a function that nothing calls.
    """

    role: Role
    ident: Hashable
    name: str = field(compare=False)
    known: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the training loop did (run) or may do (source).

    `models`: the models whose parameters, gradients or outputs it concerns; `None` where that is not known, and then
    it may be any of them. `scaled`: for a backward, whether the loss was multiplied by a loss scale (`None`: not
    known). `training`, `grad`: for a forward, the mode of the model and whether autograd records (`None`: not known).
    `autocast`: for a forward and for a backward, what autocast makes of the operations there (`None`: not known).
    """

    kind: Kind
    location: Place | Location
    call: str  # the callee as the user wrote it, e.g. `scaler.step` or `torch.nn.utils.clip_grad_norm_`
    models: frozenset[Subject] | None = None
    optimizer: Subject | None = None
    scheduler: Subject | None = None
    scaler: Subject | None = None
    scaled: bool | None = None
    training: bool | None = None
    grad: bool | None = None
    autocast: Precision | None = None
    given: bool | None = None  # for a scheduler step: whether it is told the epoch or a metric
    whole: bool = True  # for a backward: `models` are all that it may concern

    def concerns(self, other: Operation) -> bool:
        """Tell whether the two may be about the same parameters."""
        if self.optimizer is not None and self.optimizer == other.optimizer:
            return True
        if self.models is None or other.models is None:
            return True
        return bool(self.models & other.models)

    def covers(self, other: Operation) -> bool:
        """Tell whether all parameters that the other is about are, for sure, among those of this one."""
        if self.optimizer is not None and self.optimizer == other.optimizer:
            return True
        return bool(other.models) and self.models is not None and self.models >= (other.models or frozenset())

    def may_concern(self, other: Operation) -> bool:
        """Tell whether the two may be about the same parameters, also where not all models are known."""
        return self.concerns(other) or not self.whole or not other.whole
