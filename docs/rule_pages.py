"""Write the pages of the rules, a file per topic, and the table of all of them: `python docs/rule_pages.py`."""

from __future__ import annotations

import inspect
from itertools import groupby
from pathlib import Path

from trainlint.registry import all_rules
from trainlint.rule import Rule

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "rules"
GENERATED = "<!-- Written by docs/rule_pages.py from the docstrings in rules/: edit these. -->"


def main() -> None:
    """Write `docs/rules/README.md` and `docs/rules/<topic>.md`."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Return the text of each file, by name."""
    by_topic = groupby(sorted(all_rules(), key=lambda rule: (topic_of(rule), rule.code)), key=topic_of)
    topics = {topic: list(rules) for topic, rules in by_topic}
    found = {f"{topic}.md": _topic(topic, rules) for topic, rules in topics.items()}
    found["README.md"] = _table()
    return found


def topic_of(rule: Rule) -> str:
    """Return the folder in which a rule lies."""
    return Path(inspect.getfile(type(rule))).parent.name


def in_source(rule: Rule) -> bool:
    """Tell whether a rule has a static half."""
    return bool(rule.follows) or type(rule).check_program is not Rule.check_program


def in_run(rule: Rule) -> bool:
    """Tell whether a rule has a runtime half that the recorder gives what it needs: the tests run all fixtures."""
    if not rule.follows and type(rule).check_run is Rule.check_run:
        return False
    name = Path(inspect.getfile(type(rule))).stem
    cases = (ROOT / "fixtures" / topic_of(rule) / name).glob("bad_*")
    return any(not any(_SOURCE_ONLY in file.read_text("utf-8") for file in _files(case)) for case in cases)


def _files(case: Path) -> list[Path]:
    return list(case.rglob("*.py")) if case.is_dir() else [case]


_SOURCE_ONLY = "# not told by a run: "


def _table() -> str:
    lines = [GENERATED, "", "# The rules", "", "| code | name | level | found in | what |", "|---|---|---|---|---|"]
    for rule in all_rules():
        where = ", ".join(["source"] * in_source(rule) + ["run"] * in_run(rule))
        link = f"[{rule.name}]({topic_of(rule)}.md#{anchor(rule)})"
        lines.append(f"| {rule.code} | {link} | {rule.severity.value} | {where} | {title_of(rule)} |")
    return "\n".join(lines) + "\n"


def title_of(rule: Rule) -> str:
    """Return the first line of a rule's page."""
    return inspect.cleandoc(type(rule).__doc__ or "").splitlines()[0]


def anchor(rule: Rule) -> str:
    """Return the anchor of a rule's heading."""
    return f"{rule.code.lower()}-{rule.name}"


def _topic(topic: str, rules: list[Rule]) -> str:
    return "\n".join([GENERATED, "", f"# {topic.capitalize()}", "", *map(_page, rules)])


def _page(rule: Rule) -> str:
    _, _, body = inspect.cleandoc(type(rule).__doc__ or "").partition("\n")
    references = [f"- <{r}>" if r.startswith("https://") else f"- {r}" for r in rule.references]
    parts = [
        f"## {rule.code} {rule.name}",
        f"*{rule.severity.value}, since {rule.since}.* {title_of(rule)}",
        body.strip().replace("## ", "### "),
        f"### Wrong\n\n```python\n{rule.bad.strip()}\n```",
        f"### Right\n\n```python\n{rule.good.strip()}\n```",
        "### Sources\n\n" + "\n".join(references),
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
