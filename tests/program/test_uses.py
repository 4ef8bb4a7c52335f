"""Where a file uses names of libraries."""

import pytest

from tests.program.reading import facts_of
from trainlint.program.uses import library_uses


def names(text: str) -> list[str]:
    """Return the names under `torch.cuda.amp` that a source uses."""
    return [use.name for use in library_uses(facts_of(text)) if use.name.startswith("torch.cuda.amp")]


CAST = "torch.cuda.amp.autocast"


@pytest.mark.parametrize(
    "text",
    [
        "torch.cuda.amp.autocast()",
        "from torch.cuda.amp import autocast\nautocast()",
        "from torch.cuda import amp\namp.autocast()",
        "import torch.cuda.amp as amp\nwith amp.autocast():\n    pass",
        "from torch.cuda.amp.autocast_mode import autocast as cast\ncast()",
        "def f():\n    from torch.cuda.amp import autocast\n    return [autocast() for _ in x]",
        "from torch.cuda.amp import autocast\nclass A:\n    def f(self):\n        return g(x=autocast())",
        "from torch.cuda.amp import autocast\n@autocast\ndef f():\n    pass",
        "from torch.cuda.amp import autocast\n@autocast()\ndef f():\n    pass",
        "import functools\nfunctools.partial(torch.cuda.amp.autocast, enabled=True)",
        "if a:\n    torch.cuda.amp.autocast()",
        "try:\n    torch.cuda.amp.autocast()\nexcept KeyboardInterrupt:\n    pass",
        "x = torch.cuda.amp.autocast() if a else None",
        "f = lambda: torch.cuda.amp.autocast()",
    ],
)
def test_a_name_is_found_however_it_was_imported(text: str) -> None:
    assert names(text) == [CAST]


@pytest.mark.parametrize(
    "text",
    [
        "autocast()",
        "x.torch.cuda.amp.autocast()",
        "from torch.cuda.amp import autocast",
        "from torch.cuda.amp import autocast\ndef f(autocast):\n    return autocast()",
        "from torch.cuda.amp import autocast\nautocast = other\nautocast()",
        "from torch.cuda.amp import autocast\ndef autocast():\n    pass\nautocast()",
        "try:\n    from torch.cuda.amp import autocast\nexcept ImportError:\n    autocast = None\nautocast()",
        "try:\n    x = torch.amp.autocast()\nexcept AttributeError:\n    x = torch.cuda.amp.autocast()",
        "if torch.__version__ < '2.4':\n    torch.cuda.amp.autocast()",
        "if hasattr(torch, 'amp'):\n    pass\nelse:\n    torch.cuda.amp.autocast()",
        "if TORCH_2_4:\n    from torch.amp import autocast\nelse:\n    from torch.cuda.amp import autocast\nautocast()",
        "isinstance(x, torch.cuda.amp.autocast)",
    ],
)
def test_what_means_something_else_or_is_tied_to_a_version_is_not(text: str) -> None:
    assert names(text) == []
