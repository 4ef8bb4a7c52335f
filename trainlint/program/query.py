"""What rules ask of a program."""

from __future__ import annotations

from trainlint.program.questions.data import Data
from trainlint.program.questions.gradients import Gradients
from trainlint.program.questions.modules import Modules
from trainlint.program.questions.optimization import Optimization
from trainlint.program.questions.tensors import Tensors
from trainlint.program.questions.unread import Unread


class Program(Gradients, Tensors, Modules, Data, Optimization, Unread):
    """The files that are checked together, read the way a person reads them: the one door for all questions."""
