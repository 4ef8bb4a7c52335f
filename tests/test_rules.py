"""Every rule: its page, its two snippets and its fixtures. A new rule needs no new test code."""

import inspect
import re
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trainlint.engine import check_sources
from trainlint.finding import Severity
from trainlint.registry import all_rules
from trainlint.rule import Rule
from trainlint.source.read import Source

FIXTURES = Path(__file__).parent.parent / "fixtures"
DEMO = Path(__file__).parent.parent / "examples" / "digits"
HEADINGS = ("What it finds", "Why it hurts", "What to do", "When to ignore it")
MARK = re.compile(r"#\s*expect:\s*(TL\d{3}(?:,\s*TL\d{3})*)\s*$")
STATIC_ONLY = "# static only: needs "
SOURCE_ONLY = "# not told by a run: "

# torch warns of some of the mistakes itself, once each.
WARNED = (
    pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step"),
    pytest.mark.filterwarnings("ignore:Implicit dimension choice"),
    pytest.mark.filterwarnings("ignore:Using a target size"),
    pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss"),
)


def warned(test: Callable[..., None]) -> Callable[..., None]:
    """Let torch's own warnings of the mistakes pass."""
    for mark in WARNED:
        test = mark(test)
    return test


RULES = all_rules()
SHOWN = tuple(rule for rule in RULES if rule.severity is not Severity.INFO)


def home(rule: Rule) -> Path:
    """Return where the rule's file lies below `rules/`, without ending: `precision/clip_before_unscale`."""
    file = Path(inspect.getfile(type(rule)))
    return Path(file.parent.name, file.stem)


def cases_of(rule: Rule) -> list[Path]:
    """Return the rule's fixtures: files and folders, each a program of its own."""
    return sorted(path for path in (FIXTURES / home(rule)).glob("*") if path.name[0] not in "._")


CASES = [case for rule in RULES for case in cases_of(rule)]


def case_name(path: Path) -> str:
    return path.relative_to(FIXTURES).as_posix()


def files_of(case: Path) -> list[Path]:
    return sorted(case.rglob("*.py")) if case.is_dir() else [case]


def script_of(case: Path) -> Path:
    return case / "main.py" if case.is_dir() else case


def marks_of(files: list[Path]) -> list[tuple[str, int, str]]:
    """Return file, row and code of each mark."""
    return sorted(
        (str(file), row, code)
        for file in files
        for row, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if (mark := MARK.search(line))
        for code in re.split(r",\s*", mark.group(1))
    )


def check(*sources: Source) -> list[tuple[str, int, str]]:
    """Return file, row and code of what is found by the rules that are shown unasked."""
    findings = check_sources(sources, SHOWN)
    return sorted((f.location.file, f.location.row, f.code) for f in findings)  # type: ignore[union-attr]


def is_static_only(case: Path) -> bool:
    return script_of(case).read_text(encoding="utf-8").startswith(STATIC_ONLY)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
class TestPage:
    def test_code_name_file_and_class_agree(self, rule: Rule) -> None:
        assert re.fullmatch(r"TL\d{3}", rule.code)
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.name)
        assert home(rule).name == rule.name.replace("-", "_")
        assert type(rule).__name__ == "".join(word.capitalize() for word in rule.name.split("-"))

    def test_the_docstring_is_a_page(self, rule: Rule) -> None:
        page = inspect.cleandoc(type(rule).__dict__["__doc__"])
        title, *sections = re.split(r"^## (.+)\n", page, flags=re.MULTILINE)
        assert re.fullmatch(r"[A-Z].+\.", title.strip()), "one line that is a sentence"
        assert tuple(sections[::2]) == HEADINGS
        assert all(text.strip() for text in sections[1::2])
        assert re.search(r"\d", sections[3]), "why it hurts is told with a number"

    def test_it_says_since_when_and_on_what_ground(self, rule: Rule) -> None:
        assert re.fullmatch(r"\d+\.\d+", rule.since)
        assert rule.references
        assert all(re.match(r"https://|.+\b(19|20)\d\d\b", reference) for reference in rule.references)

    def test_bad_is_found_and_good_is_not(self, rule: Rule) -> None:
        found = check_sources([Source("bad.py", rule.bad.encode())], RULES)
        assert {finding.code for finding in found} == {rule.code}
        assert check_sources([Source("good.py", rule.good.encode())], RULES) == []

    @warned
    @pytest.mark.filterwarnings("ignore:.*CUDA is not available")  # the snippets are written for a GPU
    def test_bad_and_good_run(self, rule: Rule, tmp_path: Path, one_thread: None) -> None:
        for name, text in (("bad.py", rule.bad), ("good.py", rule.good)):
            file = tmp_path / name
            file.write_text(text, encoding="utf-8")
            runpy.run_path(str(file), run_name="__main__")

    def test_it_has_fixtures_for_both(self, rule: Rule) -> None:
        names = [case.name for case in cases_of(rule)]
        assert any(name.startswith("bad_") for name in names)
        assert any(name.startswith("good_") for name in names)
        assert all(name.startswith(("bad_", "good_")) for name in names)


def test_no_fixtures_without_a_rule() -> None:
    homes = {home(rule).as_posix() for rule in RULES}
    marked = {f.relative_to(FIXTURES).parts[:2] for f in FIXTURES.rglob("*.py") if marks_of([f])}
    assert {"/".join(parts) for parts in marked} <= homes


def tells_only_in_source(case: Path) -> bool:
    """Tell whether a run of the case cannot show its mistake; the script says why."""
    rule = next(rule for rule in RULES if case.parent == FIXTURES / home(rule))
    has_runtime_half = bool(rule.follows) or type(rule).check_run is not Rule.check_run
    return not has_runtime_half or any(SOURCE_ONLY in file.read_text("utf-8") for file in files_of(case))


@pytest.mark.parametrize("case", CASES, ids=case_name)
class TestFixture:
    def test_exactly_the_marks_are_found(self, case: Path) -> None:
        files = files_of(case)
        expected = marks_of(files)
        assert bool(expected) == case.name.startswith("bad_")
        assert check(*(Source(str(file), file.read_bytes()) for file in files)) == expected

    @warned
    def test_it_runs_and_the_run_tells_the_same(
        self, case: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, one_thread: None, clean_modules: None
    ) -> None:
        from tests.watching import watched_run

        if is_static_only(case):
            pytest.skip(script_of(case).read_text(encoding="utf-8").splitlines()[0].removeprefix("# "))
        script = script_of(case)
        monkeypatch.setattr(sys, "argv", [str(script)])
        monkeypatch.syspath_prepend(str(script.parent))
        found = watched_run(script, tmp_path / "run.sqlite") or ()
        marks = marks_of(files_of(case))
        placed = {(f.location.file, f.location.row, f.code) for f in found}  # type: ignore[union-attr]
        # TL202 stands at the loader in the source, and where its batches are taken in a run.
        assert {mark for mark in placed if mark[2] != "TL202"} <= set(marks)
        assert {code for _, _, code in placed} <= {code for _, _, code in marks}
        if marks and not tells_only_in_source(case):
            assert placed


def test_the_demo_has_the_mistakes_that_its_page_lists() -> None:
    listed = re.findall(r"^\| (TL\d{3}) \|.*\| `(\w+\.py)` \|", (DEMO / "README.md").read_text("utf-8"), re.MULTILINE)
    found = check(*(Source(file.name, file.read_bytes()) for file in sorted(DEMO.glob("*.py"))))
    assert sorted((code, file) for file, _, code in found) == sorted(listed)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Keep torch to one thread: the models are small, and the machine is shared."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def clean_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget the modules of a fixture: another fixture has a `model.py`, too."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(FIXTURES)):
            del sys.modules[name]
