"""Findings of every shape, over the sources in `fixtures/reporters`."""

from __future__ import annotations

from tests.conftest import GOLDENS
from trainlint.finding import Confidence, Finding, Fix, Location, Related, Severity
from trainlint.source.read import Source

TRAIN, MODEL, HOSTILE = "train.py", "src/model.py", "odd \x1b[7m[red]\n名.py"

SOURCES = {
    name: Source(name, (GOLDENS / file).read_bytes())
    for name, file in ((TRAIN, "train.py"), (MODEL, "model.py"), (HOSTILE, "hostile.py"))
}

CLIP = Finding(
    "TL301",
    "clip-before-unscale",
    Severity.ERROR,
    "`clip_grad_norm_` clips gradients still multiplied by `scaler`'s loss scale",
    Location(TRAIN, 18, 13, 18, 77),
    (
        Related(Location(TRAIN, 17, 13, 17, 42), "the loss scale comes in here"),
        Related(Location(TRAIN, 11, 14, 11, 36), "made here"),
        Related(Location("elsewhere.py", 3, 1, 3, 2), "in a file that is not at hand"),
    ),
    {"max_norm": 1.0, "scale": float("inf"), "calls": 3, "caught": True, "norm": None},
    fix=Fix("call `scaler.unscale_(optimizer)` before clipping", safe=True),
)
BIAS = Finding(
    "TL201",
    "conv-bias-before-batchnorm",
    Severity.WARN,
    "the bias of `conv` is cancelled by `norm`, which subtracts the mean of each channel of what it is given",
    Location(MODEL, 7, 15, 7, 34),
    (
        Related(
            Location(MODEL, 8, 15, 8, 33),
            "this takes the mean of each channel away, and with it the bias, and says so in so many words "
            "that they do not fit beside the mark",
        ),
        Related(Location(TRAIN, 9, 13, 9, 18), "built here"),
    ),
    confidence=Confidence.MEDIUM,
    fix=Fix("build it with `bias=False`"),
)
SEVERAL_ROWS = Finding(
    "TL208", "dropout-before-batchnorm", Severity.INFO, "over several rows", Location(MODEL, 9, 14, 13, 4)
)
ROW_ONLY = Finding("TL101", "missing-eval", Severity.ERROR, "seen in a run", Location(TRAIN, 16))
ESCAPES = Finding(
    "TL105",
    "context-not-entered",
    Severity.ERROR,
    "a \x1b]0;title\x07 [link=x]name[/link]",
    Location(HOSTILE, 1, 3, 1, 6),
)
FAR_RIGHT = Finding("TL105", "context-not-entered", Severity.WARN, "far right", Location(HOSTILE, 2, 804, 2, 809))
END_OF_LONG_LINE = Finding(
    "TL105", "context-not-entered", Severity.WARN, "the end", Location(HOSTILE, 2, 1404, 2, 1409)
)
WIDE = Finding("TL105", "context-not-entered", Severity.WARN, "wide", Location(HOSTILE, 3, 22, 3, 26))
UNREADABLE = Finding(
    "TL001", "file-not-read", Severity.ERROR, "cannot be read: it ends too soon", Location(HOSTILE, 4, 1)
)
GONE = Finding(
    "TL001",
    "file-not-read",
    Severity.ERROR,
    "cannot be read: Permission denied",
    Location("a.py", 1, 1, 1, 1),
)

ALL = [CLIP, BIAS, SEVERAL_ROWS, ROW_ONLY, ESCAPES, FAR_RIGHT, END_OF_LONG_LINE, WIDE, UNREADABLE, GONE]
