"""The engine: what a broken file or a broken rule does, and the order of what is found."""

from __future__ import annotations

import gc
import random
import subprocess
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from trainlint.engine import check_sources
from trainlint.finding import Confidence, Finding, Location, Place, Related, Severity
from trainlint.operations import Kind, Operation
from trainlint.program.query import Program
from trainlint.registry import all_rules
from trainlint.rule import Rule, State
from trainlint.source.read import Source

RULES = all_rules()
FIXTURES = Path(__file__).parent.parent / "fixtures"

WRONG = Source(
    "wrong.py",
    b"""import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x in data:
    model(x).sum().backward()
    optimizer.step()
""",
)


def found(*sources: Source, rules: Iterable[Rule] = RULES) -> list[tuple[str, str, int]]:
    """Return code, file and row of what is found."""
    findings = check_sources(sources, tuple(rules))
    return [(f.code, f.location.file, f.location.row) for f in findings if isinstance(f.location, Location)]


IN_WRONG = [("TL401", "wrong.py", 6)]


def test_the_sources_of_these_tests_are_wrong_in_one_place() -> None:
    assert found(WRONG) == IN_WRONG
    assert found() == []


class TestFileNotRead:
    @pytest.mark.parametrize(
        ("data", "row"),
        [
            pytest.param(b"import torch\ndef f(:\n    pass\n", None, id="broken syntax"),
            pytest.param(b"def f(:\n    pass\n", None, id="broken syntax and nothing of torch"),
            pytest.param(b"import torch\nprint 'a'\n", 2, id="Python 2"),
            pytest.param(b"import torch\nf(a\n", None, id="a bracket that is not closed"),
            pytest.param(b"import torch\nx = '''a\n", None, id="a string that is not closed"),
            pytest.param(b"import torch\nif a:\n\tb\n        c\n", None, id="tabs and spaces"),
            pytest.param(b"import torch\n  a\n", None, id="indented for no reason"),
            pytest.param(b"import torch\n# caf\xe9\n", 2, id="bytes that are not UTF-8"),
            pytest.param(b"x = 'caf\xe9'\n", 1, id="bytes that are not UTF-8, and nothing of torch"),
            pytest.param("import torch\n".encode("utf-16"), 1, id="UTF-16"),
            pytest.param(b"import torch\n\x00\n", 2, id="a null byte"),
            pytest.param(b"\x00", None, id="nothing but a null byte"),
            pytest.param(b"# coding: nonsense\nimport torch\n", 1, id="an encoding that does not exist"),
            pytest.param(b"# coding: nonsense\n", 1, id="such an encoding, and nothing of torch"),
            pytest.param(b"# coding: rot13\nimport torch\n", 1, id="an encoding of text into text"),
            pytest.param(b"# coding: ascii\nimport torch\n# caf\xc3\xa9\n", 3, id="bytes that are not in its encoding"),
            pytest.param(b"import torch\nx = " + b"not " * 1500 + b"1\n", 1, id="nested deeply"),
            pytest.param(b"x = " + b"[" * 400 + b"]" * 400, 1, id="nested deeply, and nothing of torch"),
            pytest.param(b"import torch\nx = '\\N{no such character}'\n", 2, id="an escape that does not exist"),
            pytest.param(b"import torch\nx = " + b"1" * 5000 + b"\n", None, id="a number of 5000 digits"),
        ],
    )
    def test_it_is_one_finding_and_the_others_are_checked(self, data: bytes, row: int | None) -> None:
        first, *rest = check_sources([Source("broken.py", data), WRONG], RULES)
        assert (first.code, first.name, first.severity) == ("TL001", "file-not-read", Severity.ERROR)
        assert isinstance(first.location, Location)
        assert first.location.file == "broken.py"
        assert row in (None, first.location.row)
        assert first.location.row <= data.count(b"\n") + 1
        assert first.message.startswith("cannot be read: ")
        assert "\n" not in first.message
        assert [finding.code for finding in rest] == ["TL401"]

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"\n\n", id="blank"),
            pytest.param(b"# torch\n", id="a comment"),
            pytest.param(b"\xef\xbb\xbfimport torch\n", id="a byte-order mark"),
            pytest.param(b"\xef\xbb\xbf", id="nothing but a byte-order mark"),
            pytest.param(b"import torch\nx = '\\d'\n", id="an escape that Python warns of"),
            pytest.param(b"import torch\nreturn 1\nbreak\nnonlocal x\nawait y\n", id="what only the compiler refuses"),
            pytest.param(b"import torch\nx = " + b" + ".join([b"y"] * 250) + b"\n", id="a long sum"),
            pytest.param(b"import torch\nclass A(A): pass\nA().eval()\n", id="a class that is its own base"),
            pytest.param(b"import torch\n@f\ndef f(): f()\nf()\n", id="a function that decorates itself"),
            pytest.param(
                b"import torch\nm = torch.nn.Linear(1, 1)\nm.m = m\nm.eval()\nm(x)\n", id="a module in itself"
            ),
            pytest.param(
                b"import torch\nclass A:\n    @property\n    def x(self): return self.x\nA().x\n",
                id="a property that reads itself",
            ),
            pytest.param(b"import torch\nitems = []\nitems.append(items)\nf(items)\n", id="a list in itself"),
            pytest.param(b"import torch\ntable = {}\ntable['t'] = table\nf(table)\n", id="a dict in itself"),
            pytest.param(
                b"import torch\nm = torch.nn.Linear(1, 1)\nif a: pass\n" + b"elif b: m.eval()\n" * 250,
                id="a long chain of elif",
            ),
        ],
    )
    def test_what_is_odd_but_python_is_read(self, data: bytes) -> None:
        assert found(Source("odd.py", data), WRONG) == IN_WRONG

    @pytest.mark.parametrize("text", ["import torch\ndef f(:\n    pass\n", "x = = 1\ny\n", "f(a\n\n\n"])
    def test_the_row_is_the_one_that_python_names(self, text: str) -> None:
        with pytest.raises(SyntaxError) as refused:
            compile(text, "broken.py", "exec")
        assert found(Source("broken.py", text.encode())) == [("TL001", "broken.py", refused.value.lineno)]

    @pytest.mark.parametrize(
        "expression",
        [
            "'(' * 10_000 + ')' * 10_000",
            "'-' * 100_000 + '1'",
            "'+'.join(['x'] * 20_000)",
            "'x' + '.x' * 20_000",
            "'x' + '()' * 20_000",
            "'x if y else ' * 20_000 + 'z'",
            "'lambda: ' * 20_000 + 'x'",
        ],
    )
    def test_what_is_nested_without_measure_does_not_end_the_process(self, expression: str) -> None:
        program = (
            "from trainlint.engine import check_sources\nfrom trainlint.source.read import Source\n"
            f"(finding,) = check_sources([Source('a.py', b'import torch\\nx = ' + ({expression}).encode())], ())\n"
            "assert finding.code == 'TL001', finding\n"
        )
        done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
        assert done.returncode == 0, done.stderr

    @pytest.mark.skipif(sys.version_info >= (3, 12), reason="it is no longer too new")
    def test_syntax_that_is_too_new_is_said_to_be_read_as_an_older_python(self) -> None:
        (finding,) = check_sources([Source("new.py", b"import torch\ntype X = int\n")], RULES)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        assert finding.message == f"cannot be read: invalid syntax (read as Python {version})"

    def test_what_python_would_warn_of_is_not_shown(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert found(Source("a.py", b"import torch\nx = '\\d'\nassert (x, 1)\nx is 1\n")) == []

    def test_the_garbage_collector_is_left_as_it_was(self) -> None:
        assert gc.isenabled()
        check_sources([WRONG], RULES)
        assert gc.isenabled()
        gc.disable()
        try:
            check_sources([WRONG], RULES)
            assert not gc.isenabled()
        finally:
            gc.enable()


class Crashing(Rule):
    code, name, severity = "TL998", "crashing", Severity.ERROR


class CrashesInProgram(Crashing):
    def check_program(self, program: Program) -> Iterator[Finding]:
        yield self.finding(Location("wrong.py", 1), "found before the crash")
        raise ZeroDivisionError("a bug")


class CrashesInAdvance(Crashing):
    follows = frozenset({Kind.BACKWARD})

    def advance(self, state: State, operation: Operation) -> State:
        raise ZeroDivisionError("a bug")


class CrashesInJudge(Crashing):
    follows = frozenset({Kind.BACKWARD})

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        yield self.finding(operation.location, "found before the crash")
        raise ZeroDivisionError("a bug")


class TestRuleCrashed:
    @pytest.mark.parametrize(
        "rule", [CrashesInProgram(), CrashesInAdvance(), CrashesInJudge()], ids=lambda r: type(r).__name__
    )
    def test_it_is_one_finding_and_the_other_rules_run(self, rule: Rule) -> None:
        findings = {finding.code: finding for finding in check_sources([WRONG], [rule, *RULES])}
        assert set(findings) == {"TL002", "TL401"}
        crashed = findings["TL002"]
        assert (crashed.name, crashed.severity) == ("rule-crashed", Severity.ERROR)
        assert "TL998 crashing crashed: ZeroDivisionError: a bug (" in crashed.message
        assert "test_engine.py:" in crashed.message, "the line that crashed is named"

    def test_two_crashes_are_two_findings(self) -> None:
        class Other(CrashesInProgram):
            code, name = "TL997", "other"

        findings = check_sources([WRONG], [CrashesInProgram(), Other()])
        assert sorted(f.message.split()[0] for f in findings) == ["TL997", "TL998"]

    def test_without_a_file_it_is_still_told(self) -> None:
        (finding,) = check_sources([], [CrashesInProgram()])
        assert finding.code == "TL002"

    def test_an_interruption_is_not_a_crash(self) -> None:
        class Interrupted(Crashing):
            def check_program(self, program: Program) -> Iterator[Finding]:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            check_sources([WRONG], [Interrupted()])


class Everywhere(Rule):
    """Points at each backward as often and as surely as it is told to, the last one first."""

    code, name, severity = "TL999", "everywhere", Severity.INFO

    def __init__(self, *confidences: Confidence) -> None:
        self.confidences = confidences or (Confidence.HIGH,)

    def check_program(self, program: Program) -> Iterator[Finding]:
        places = [o.location for root in program.roots for o in root.operations if o.kind is Kind.BACKWARD]
        for place in reversed(places):
            for confidence in self.confidences:
                yield self.finding(place, confidence.value, confidence=confidence, related=(Related(place, "here"),))


class TestOrder:
    SOURCES = tuple(
        Source(name, b"import torch\nm = torch.nn.Linear(1, 1)\nm(a).backward(); m(b).backward()\nm(c).backward()\n")
        for name in ("a.py", "b/a.py", "b.py", "B.py")
    )

    def test_findings_come_by_file_row_and_column(self) -> None:
        locations = [finding.location for finding in check_sources(self.SOURCES, [Everywhere()])]
        assert len(locations) == 12
        assert locations == sorted(locations, key=lambda place: (place.file, place.row, place.column))  # type: ignore[union-attr]

    def test_at_one_place_by_code(self) -> None:
        class Second(Everywhere):
            code = "TL000"

        codes = [finding.code for finding in check_sources(self.SOURCES[:1], [Everywhere(), Second()])]
        assert codes == ["TL000", "TL999"] * 3

    def test_one_finding_of_a_code_at_a_place_and_the_surest(self) -> None:
        for confidences in ((Confidence.MEDIUM, Confidence.HIGH), (Confidence.HIGH, Confidence.MEDIUM)):
            findings = check_sources(self.SOURCES, [Everywhere(*confidences)])
            assert len(findings) == 12
            assert {finding.confidence for finding in findings} == {Confidence.HIGH}

    def test_places_are_resolved_in_findings_and_in_what_they_relate_to(self) -> None:
        for finding in check_sources(self.SOURCES, [Everywhere()]):
            assert not isinstance(finding.location, Place)
            assert [related.location for related in finding.related] == [finding.location]

    def test_sources_may_come_in_any_order(self) -> None:
        folders = [p for p in sorted(FIXTURES.glob("*/*/*_across_files")) if p.is_dir()]
        assert folders
        for folder in folders:
            sources = [Source(file.name, file.read_bytes()) for file in sorted(folder.glob("*.py"))]
            expected = check_sources(sources, RULES)
            assert check_sources(sources[::-1], RULES) == expected
            random.Random(0).shuffle(sources)
            assert check_sources(sources, RULES) == expected

    def test_rules_may_come_in_any_order(self) -> None:
        sources = [Source(file.name, file.read_bytes()) for file in sorted(FIXTURES.glob("*/*/bad_plain_script.py"))]
        sources = [Source(f"{number}.py", source.data) for number, source in enumerate(sources)]
        assert check_sources(sources, RULES) == check_sources(sources, RULES[::-1])

    def test_one_program_twice_says_the_same(self) -> None:
        assert check_sources([WRONG], RULES) == check_sources([WRONG], RULES)
