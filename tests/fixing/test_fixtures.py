"""Every fixture of a mistake whose rule has a fix: afterwards the rule is silent, and nothing else is newly loud."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from trainlint.engine import check_sources
from trainlint.finding import Finding, Severity
from trainlint.fixing.rounds import fix
from trainlint.registry import all_rules
from trainlint.report.location import placed
from trainlint.rule import Rule
from trainlint.source.read import Source

FIXTURES = Path(__file__).parents[2] / "fixtures"
SHOWN = tuple(rule for rule in all_rules() if rule.severity is not Severity.INFO)

# What is left alone, with the words in which the user is told why.
LEFT = {
    "model/missing_train_after_eval/bad_validation_within_the_epoch.py": "the rule would still find it",
    "model/missing_no_grad/bad_across_files": "`torch` means something else",
    "model/context_not_entered/bad_autocast_as_a_statement.py": "TL305 would be found",
    "precision/clip_before_unscale/bad_unscale_after_clip.py": "stands in the function already",
    "precision/missing_scaler_update/bad_update_after_the_epoch.py": "stands in the function already",
    "precision/optimizer_step_bypasses_scaler/bad_across_files": "what the scaler is called there",
    "gradients/loss_accumulates_graph/bad_average_with_amp.py": "what is added is not written there",
    "schedule/scheduler_before_optimizer/bad_across_files": "not of the form that the fix knows",
    "data/train_loader_not_shuffled/bad_shuffle_false.py": "the call unpacks its arguments",
    "data/sampler_without_set_epoch/bad_across_files": "what the sampler is called there",
    "data/sampler_without_set_epoch/bad_logged_on_the_way.py": "what the sampler is called there",
    "data/sampler_without_set_epoch/bad_only_for_validation.py": "the rule would still find it",
    "data/sampler_without_set_epoch/bad_sampler_or_none.py": "what the sampler is called there",
    "data/eval_loader_drops_data/bad_shared_arguments.py": "the call unpacks its arguments",
}


def cases() -> Iterator[tuple[Rule, Path]]:
    for rule in SHOWN:
        file = Path(inspect.getfile(type(rule)))
        if "trainlint.edit" in file.read_text("utf-8"):
            for case in sorted((FIXTURES / file.parent.name / file.stem).glob("bad_*")):
                yield rule, case


def check(sources: list[Source]) -> list[Finding]:
    return check_sources(sources, SHOWN)


@pytest.mark.parametrize(
    ("rule", "case"), [pytest.param(*each, id=f"{each[0].code}-{each[1].stem}") for each in cases()]
)
def test_a_fixture_is_fixed(rule: Rule, case: Path) -> None:
    files = sorted(case.rglob("*.py")) if case.is_dir() else [case]
    sources = [Source(file.relative_to(FIXTURES).as_posix(), file.read_bytes()) for file in files]
    done = fix(sources, check, lambda finding, _: finding.code == rule.code)  # type: ignore[arg-type]
    before, after = check(sources), check(done.sources)
    new = Counter(each.code for each in after) - Counter(each.code for each in before)
    assert not new
    for source in done.sources:
        ast.parse(source.data)
    again = fix(done.sources, check, lambda finding, _: finding.code == rule.code)  # type: ignore[arg-type]
    assert again.sources == done.sources
    reason = LEFT.get(case.relative_to(FIXTURES).as_posix())
    left = [placed(each.location) for each in after if each.code == rule.code and each.fix and each.fix.edits]
    assert bool(left) == (reason is not None)
    if reason is not None:
        assert any(reason in each.reason for each in done.left)
    fixable = any(each.code == rule.code and each.fix and each.fix.edits for each in before)
    assert bool(done.counts) or reason or not fixable
