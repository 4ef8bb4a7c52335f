"""TL805: a transformer is fitted on data that are split afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Place, Related, Severity
from trainlint.program.datasets import ancestry
from trainlint.program.query import Program
from trainlint.program.records import Called
from trainlint.program.tensors import Tensor
from trainlint.program.torch_api import sounds_held_out
from trainlint.program.values import Constant, External, Object, Unknown, Value
from trainlint.rule import Rule

# Of scikit-learn and imbalanced-learn: what learns from samples, other than the names of categories or labels.
_LEARNS = re.compile(
    r"sklearn\.(\w+\.)*(StandardScaler|MinMaxScaler|MaxAbsScaler|RobustScaler|QuantileTransformer|PowerTransformer"
    r"|KBinsDiscretizer|\w*PCA|TruncatedSVD|FastICA|\w*NMF|FactorAnalysis|TfidfVectorizer|TfidfTransformer"
    r"|SelectKBest|SelectPercentile|SelectFromModel|RFE|RFECV|VarianceThreshold|SimpleImputer|KNNImputer"
    r"|IterativeImputer)$"
    r"|imblearn\.(over_sampling|combine)\.(\w+\.)*[A-Z]\w*$"
)
_SPLITS = (
    "sklearn.model_selection.train_test_split",
    "sklearn.model_selection.cross_val_score",
    "sklearn.model_selection.cross_validate",
    "torch.utils.data.random_split",
)
_STATISTICS = (".mean", ".std", "numpy.mean", "numpy.std", "torch.mean", "torch.std")


class DataLeakageFitBeforeSplit(Rule):
    """A transformer is fitted on data that are split into training and test afterwards.

    ## What it finds
    A scaler, PCA, TF-IDF, feature selection, imputer or oversampler of scikit-learn or imbalanced-learn, or a mean
    and standard deviation, computed over all samples, whose result is then split: by `train_test_split`,
    `random_split`, cross-validation, or slices that are named for training and test. What only collects the names of
    categories or labels is left alone, and so is what is fitted on a part.

    ## Why it hurts
    The test samples have had their say in what the model is trained on, so the score is too good. How much depends on
    the transformer: next to nothing for the mean of many samples, everything for a selection. With 50 samples and
    5,000 features of pure noise, of which the 100 best for the labels are selected before cross-validation, the error
    comes out at 3 % where it is 50 % (Hastie, Tibshirani and Friedman). Oversampling before the split puts copies of
    training samples into the test set.

    ## What to do
    Split first; `fit` or `fit_transform` on the training part, `transform` on the others. A scikit-learn `Pipeline`
    does so within cross-validation.

    ## When to ignore it
    When no score is read off the part that was split off.
    """

    code = "TL805"
    name = "data-leakage-fit-before-split"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://scikit-learn.org/stable/common_pitfalls.html#data-leakage",
        "Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2nd edition, 2009, section 7.10.2",
    )
    bad = """
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
features, labels = load_digits(return_X_y=True)
features = StandardScaler().fit_transform(features)
x_train, x_test, y_train, y_test = train_test_split(features, labels, random_state=0)
x_train, x_test = torch.tensor(x_train), torch.tensor(x_test)
"""
    good = """
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
features, labels = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(features, labels, random_state=0)
scaler = StandardScaler().fit(x_train)
x_train, x_test = torch.tensor(scaler.transform(x_train)), torch.tensor(scaler.transform(x_test))
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        transformed, statistics = _transformed(program), _statistics(program)
        for whole, place, how, confidence in _splits(program):
            learnt = (transformed.get(id(value)) or _normalised(value, statistics) for value in ancestry(whole))
            call = next(filter(None, learnt), None)
            if call is not None:
                yield self.finding(
                    call.place,
                    f"`{call.text}` learns from all samples, those for test included: they are split afterwards",
                    related=() if place is None else (Related(place, how),),
                    evidence={"learns": call.text, "split": how},
                    confidence=confidence,
                    fix=Fix("split first, and fit on the training part"),
                )


def _transformed(program: Program) -> dict[int, Called]:
    """Return what a transformer gave that had been fitted on all samples, by `id`, with the call that fitted it."""
    fitted: dict[int, Called] = {}
    found: dict[int, Called] = {}
    for call in program.calls(".fit", ".fit_transform", ".fit_resample"):
        transformer = call.receiver
        data = call.arguments.get(0, "X")
        if transformer is not None and data is not None and _learns(transformer) and not _is_part(data):
            fitted[id(transformer)] = call
    for call in program.calls(".transform", ".fit_transform", ".fit_resample"):
        transformer = call.receiver
        for result in call.results:
            if id(transformer) in fitted:
                found[id(result)] = fitted[id(transformer)]
    return found


def _statistics(program: Program) -> dict[int, tuple[Called, Value]]:
    """Return the means and deviations over all samples, by `id`, with the call and the samples."""
    found: dict[int, tuple[Called, Value]] = {}
    for call in program.calls(*_STATISTICS):
        of = call.receiver or call.arguments.get(0, "a")
        axis = call.arguments.get(1 if call.receiver is None else 0, "axis") or call.arguments.get(-1, "dim")
        if of is not None and axis in (None, Constant(0)) and not _is_part(of):
            found.update((id(result), (call, of)) for result in call.results)
    return found


def _normalised(value: Value, statistics: dict[int, tuple[Called, Value]]) -> Called | None:
    """Return the call that gave the statistic which, in this very value, is taken off the samples it is of."""
    parts = value.parts if isinstance(value, (Unknown, Tensor)) else ()
    for part in parts:
        call, of = statistics.get(id(part), (None, None))
        if call is not None and any(other is of for other in parts):
            return call
    return None


def _learns(transformer: Value) -> bool:
    parts = transformer.parts if isinstance(transformer, Unknown) else ()
    return bool(parts) and isinstance(parts[0], External) and _LEARNS.match(parts[0].dotted) is not None


def _is_part(data: Value) -> bool:
    """Tell whether data may be a part already, by how they came about or by their name."""
    if "train" in getattr(data, "name", "").lower():
        return True
    return any(
        (isinstance(value, External) and value.dotted in _SPLITS)
        or (isinstance(value, Object) and value.origin in _SPLITS)
        for value in ancestry(data)
    )


def _splits(program: Program) -> Iterator[tuple[Value, Place | None, str, Confidence]]:
    """Yield what is split into training and test, where, and how."""
    for call in program.calls(*_SPLITS):
        for value in call.arguments.positional:
            yield value, call.place, f"split by `{call.text}`", Confidence.HIGH
    parts: dict[int, tuple[Value, list[str]]] = {}
    for whole, part in program.slices:
        parts.setdefault(id(whole), (whole, []))[1].append(getattr(part, "name", ""))
    for whole, names in parts.values():
        if any("train" in name.lower() for name in names) and any(map(sounds_held_out, names)):
            yield whole, None, f"sliced into `{names[0]}` and `{names[-1]}`", Confidence.MEDIUM
