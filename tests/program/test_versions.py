"""Tests of torch's version that all supported versions decide alike."""

import pytest

from tests.program.reading import program_of

PRELUDE = """
import torch, packaging.version
from packaging import version
from distutils.version import LooseVersion
from elsewhere import old, new
MAJOR, MINOR = torch.__version__.split(".")[:2]
NUMBERS = tuple(int(part) for part in torch.__version__.split(".")[:2])
"""


def taken(condition: str) -> set[str]:
    """Return which of the two branches of a test may be taken."""
    program = program_of(f"{PRELUDE}\nif {condition}:\n    new()\nelse:\n    old()\n")
    return {call.name.removeprefix("elsewhere.") for call in program.calls("elsewhere.new", "elsewhere.old")}


@pytest.mark.parametrize(
    "condition",
    [
        'torch.__version__ >= "1.0"',
        '"2.2" <= torch.__version__',
        'torch.__version__ > "0.4.1"',
        'not LooseVersion(torch.__version__) < LooseVersion("0.3")',
        'version.parse(torch.__version__) >= version.parse("1.6")',
        'packaging.version.Version(torch.__version__) != packaging.version.Version("1.13.1")',
        'int(torch.__version__.split(".")[0]) >= 1',
        "float(torch.__version__[:3]) > 0.4",
        'torch.__version__[0] != "0"',
        'not torch.__version__.startswith("0.")',
        "not (int(MAJOR) == 0 and int(MINOR) < 4)",
        "NUMBERS >= (1, 6)",
        "[int(part) for part in torch.__version__.split('.')[:2]] >= [1, 7]",
    ],
)
def test_a_version_that_is_no_longer_supported(condition: str) -> None:
    assert taken(condition) == {"new"}


@pytest.mark.parametrize(
    "condition",
    [
        'torch.__version__ >= "2.3"',
        'version.parse(torch.__version__) > version.parse("2.2")',
        'torch.__version__ <= "2.2"',
        "float(torch.__version__[:3]) >= 2.2",
        "NUMBERS >= (2, 2)",
        'int(torch.__version__.split(".")[1]) >= 1',
        'torch.__version__ == "2.2"',
        'version.parse(torch.version.cuda) >= version.parse("11.0")',
        "torch.__version__ in known",
    ],
)
def test_a_version_that_may_be_or_not(condition: str) -> None:
    assert taken(condition) == {"new", "old"}


@pytest.mark.parametrize(
    ("tried", "reached"),
    [
        ("import torch", {"new"}),
        ("from torch.cuda.amp import GradScaler, autocast", {"new"}),
        ("import torch.cuda.amp as amp", {"new"}),
        ("from torch.optim.lr_scheduler import OneCycleLR", {"new"}),
        ("from torch._six import string_classes", {"new", "old"}),
        ("from torch import rfft", {"new", "old"}),
        ("from torch.nn import RMSNorm", {"new", "old"}),
        ("from torch.amp import GradScaler", {"new", "old"}),
        ("import torch, apex", {"new", "old"}),
        ("from torch.optim import *\n    start()", {"new", "old"}),
    ],
)
def test_an_import_that_no_supported_version_fails(tried: str, reached: set[str]) -> None:
    source = f"from elsewhere import new, old\ntry:\n    {tried}\nexcept Exception:\n    old()\nelse:\n    new()\n"
    program = program_of(f"import torch\n{source}")
    assert {call.name.removeprefix("elsewhere.") for call in program.calls("elsewhere.new", "elsewhere.old")} == reached
