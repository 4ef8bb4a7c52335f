"""TL113: a keep probability is passed where dropout takes the probability to drop."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.finding import Confidence, Evidence, Finding, Fix, Severity
from trainlint.program.anatomy import DROPOUTS
from trainlint.program.query import Program
from trainlint.program.records import Called
from trainlint.program.values import Constant, Unknown, Value
from trainlint.rule import Rule

# Where dropout takes its rate, by what is called.
RATES = {
    **{f"torch.nn.{kind}": (0, "p") for kind in DROPOUTS},
    **{f"torch.nn.functional.{name}": (1, "p") for name in ("dropout", "dropout1d", "dropout2d", "dropout3d")},
    **{f"torch.nn.{kind}": (5, "dropout") for kind in ("RNN", "LSTM", "GRU")},
    **{f"torch.nn.Transformer{part}Layer": (3, "dropout") for part in ("Encoder", "Decoder")},
    "torch.nn.MultiheadAttention": (2, "dropout"),
}
# `keep_prob`, `keep_rate`, `p_keep`, `dropout_keep_prob` as a whole, not what is computed from it: `1 - keep_prob`.
KEEP = re.compile(r"(?:\w+\.)*(?:\w+_)?keep(?:_?(?:prob\w*|rate|p|ratio))?|(?:\w+\.)*(?:\w+_)?(?:p|prob)_keep", re.I)
# Half is the same either way; and a rate below it that is called `keep_prob` has the wrong name, not the wrong value:
# Srivastava et al., section 7.3, keep 0.5 to 0.8 of the hidden units.
HALF = 0.5
# The highest rate in common use is 0.9, before the classifier of two-stream video networks (Simonyan and Zisserman,
# Two-Stream Convolutional Networks, 2014, section 5, and Wang et al., Towards Good Practices, 2015, section 3.2).
NEARLY_ALL = 0.95


class KeepProbAsDropProb(Rule):
    """A keep probability is passed to dropout, which takes the probability to drop.

    ## What it finds
    `nn.Dropout`, functional dropout, or the `dropout=` of a recurrent or transformer layer given something called
    `keep_prob` as it is; and a rate of 0.95 and more, which drops nearly everything.

    ## Why it hurts
    TensorFlow 1 and many papers give the probability to *keep*, PyTorch takes the probability to *drop*. With
    `keep_prob=0.9` as `p`, 90 % of the units are dropped instead of 10 %, and the remaining ones are multiplied by 10:
    the network has a tenth of its width, and dropout adds 81 times the variance that it should (p / (1 - p)).

    ## What to do
    Pass `1 - keep_prob`.

    ## When to ignore it
    When the variable holds the rate to drop in spite of its name; better rename it then.
    """

    code = "TL113"
    name = "keep-prob-as-drop-prob"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html",
        "Srivastava et al., Dropout, JMLR 2014, section 7.3",
    )
    bad = """
import torch
keep_prob = 0.9
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(keep_prob), torch.nn.Linear(8, 2))
"""
    good = """
import torch
keep_prob = 0.9
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(1 - keep_prob), torch.nn.Linear(8, 2))
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for name, (position, argument) in RATES.items():
            for called in program.calls(name):
                if not called.makes:
                    continue
                value = called.arguments.get(position, argument)
                rate = _number(value)
                kept = _called_keep(called, value, position, argument)
                if kept and (rate is None or rate > HALF):
                    yield self._found(
                        called,
                        f"`{called.text}` is given `{kept}`, a probability to keep, as the probability to drop",
                        {"passed": kept, "p": rate},
                        Fix(f"pass `1 - {kept}`"),
                    )
                elif isinstance(value, Constant) and rate is not None and rate >= NEARLY_ALL:
                    yield self._found(
                        called,
                        f"`{called.text}` drops {rate:.0%} of its input",
                        {"p": rate},
                        Fix(f"pass the probability to drop, perhaps {round(1 - rate, 4)}"),
                    )

    def _found(self, called: Called, message: str, evidence: Evidence, fix: Fix) -> Finding:
        return self.finding(called.place, message, evidence=evidence, confidence=Confidence.MEDIUM, fix=fix)


def _number(value: Value | None) -> float | None:
    """Return a rate that is written in the source, also as the default of an option."""
    known = value.default if isinstance(value, Unknown) else value
    return float(known.value) if isinstance(known, Constant) and isinstance(known.value, (int, float)) else None


def _called_keep(called: Called, value: Value | None, position: int, argument: str) -> str:
    """Return the name by which a rate is said to be kept: the one written here, or the one it was first given."""
    written = called.written(position, argument)
    names = [written, value.name if isinstance(value, Unknown) else ""]
    return next((name for name in names if KEEP.fullmatch(name)), "")
