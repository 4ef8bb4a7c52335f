"""Half-written and garbled files, as an editor hands them over."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from trainlint.engine import check_sources
from trainlint.registry import all_rules
from trainlint.source.read import Source

RULES = all_rules()
FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
FILES = tuple(sorted(FIXTURES.glob("*/*/*.py")))


def garbled(random_: random.Random) -> bytes:
    data = random_.choice(FILES).read_bytes()
    lines = data.splitlines(keepends=True)
    match random_.randrange(6):
        case 0:
            return data[: random_.randrange(len(data))]
        case 1:
            return data[random_.randrange(len(data)) :]
        case 2:
            lines.pop(random_.randrange(len(lines)))
        case 3:
            first, second = random_.sample(range(len(lines)), 2)
            lines[first], lines[second] = lines[second], lines[first]
        case 4:
            lines.insert(random_.randrange(len(lines)), random_.choice(lines))
        case 5:
            position = random_.randrange(len(data))
            return (
                data[:position] + random_.choice(b"()[]{}:,.'\"\\\t\n\x00\xff@=").to_bytes(1, "big") + data[position:]
            )
    return b"".join(lines)


@pytest.mark.parametrize("seed", range(50))
def test_it_is_checked_in_time_and_at_most_said_to_be_unreadable(seed: int) -> None:
    data = garbled(random.Random(seed))
    started = time.perf_counter()
    findings = check_sources([Source("garbled.py", data)], RULES)
    assert time.perf_counter() - started < 5
    unreadable = [finding for finding in findings if finding.code == "TL001"]
    assert not unreadable or findings == unreadable[:1]
    assert "TL002" not in {finding.code for finding in findings}
