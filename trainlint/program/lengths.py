"""How long things are: how often a loop goes round, how many batches a loader gives, as numbers or as symbols.

A length is a polynomial over the values that are not known: `epochs * len(loader)` is one whatever `epochs` is, so that
two lengths can be compared where neither is a number.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from fractions import Fraction
from math import isfinite

from trainlint.frozen import dataclass
from trainlint.operations import Role
from trainlint.program.torch_api import ITERATES
from trainlint.program.values import Arguments, Constant, External, Items, Object, OneOf, Unknown, Value

Product = tuple[Value, ...]  # values that are multiplied, in the order of their making


@dataclass(frozen=True, slots=True)
class Length:
    """A sum of products, each with its factor; the product of nothing is 1."""

    terms: Mapping[tuple[Hashable, ...], tuple[Fraction, Product]]

    @property
    def number(self) -> Fraction | None:
        """Return the length where it is a number."""
        if not self.terms:
            return Fraction(0)
        return self.terms[()][0] if set(self.terms) == {()} else None

    def __add__(self, other: Length) -> Length:
        terms = dict(self.terms)
        for key, (factor, product) in other.terms.items():
            terms[key] = (terms[key][0] + factor if key in terms else factor, product)
        return Length({key: term for key, term in terms.items() if term[0]})

    def __mul__(self, other: Length) -> Length:
        result = Length({})
        for one, left in self.terms.values():
            for two, right in other.terms.values():
                result += _product(one * two, (*left, *right))
        return result

    def over(self, other: Length) -> Length | None:
        """Return how many times longer this is than `other`; `None` where no one product says it."""
        if not self.terms or set(other.terms) == set():
            return None
        quotient: Length | None = None
        for one, left in self.terms.values():
            for two, right in other.terms.values():
                rest = list(left)
                for value in right:
                    match = next((v for v in rest if v.key == value.key), None)
                    if match is None:
                        break
                    rest.remove(match)
                else:
                    candidate = _product(one / two, tuple(rest))
                    if (candidate * other).terms.keys() == self.terms.keys() and _equal(candidate * other, self):
                        quotient = candidate
        return quotient

    def factors(self) -> Iterator[Value]:
        """Yield the values that are not known."""
        for _, product in self.terms.values():
            yield from product

    def with_defaults(self) -> Length:
        """Return the length where each value that has a number for a default is that number."""
        result = Length({})
        for factor, product in self.terms.values():
            term = number(factor)
            for value in product:
                term *= _default_of(value)
            result += term
        return result


def number(value: int | Fraction) -> Length:
    """Return a length that is a number."""
    return Length({(): (Fraction(value), ())} if value else {})


def length_of(value: Value) -> Length:
    """Return a value as a length."""
    match value:
        case Constant(bool() | None):
            return _product(Fraction(1), (value,))
        case Constant(int() | float() as known):
            return number(Fraction(known)) if isfinite(known) else _one(value)
        case Unknown(key=("arithmetic", "+", *_), parts=(left, right)):
            return length_of(left) + length_of(right)
        case Unknown(key=("arithmetic", "-", *_), parts=(left, right)):
            return length_of(left) + length_of(right) * number(-1)
        case Unknown(key=("arithmetic", "*", *_), parts=(left, right)):
            return length_of(left) * length_of(right)
        case Unknown(key=("arithmetic", "/" | "//", *_), parts=(left, right)):
            divisor = length_of(right).number  # a rest that is dropped makes less than one of difference
            return length_of(left) * number(1 / divisor) if divisor else _one(value)
        case Unknown(key=("call", "builtins.int", *_), parts=(*_, inner)):
            return length_of(inner)
        case Unknown(key=("call", "builtins.len", *_), parts=(_, counted)):
            return iterations(counted) or _one(value)
    return _one(value)


def iterations(iterable: Value | None) -> Length | None:
    """Return how often a loop over this goes round; `None` where that is not known."""
    match iterable:
        case Object(role=Role.LOADER) | Unknown(role=Role.LOADER):
            return batches(iterable)
        case Items(items=items, complete=True):
            return number(len(items))
        case Unknown(parts=(External("builtins.range"), *bounds)) if 0 < len(bounds) < 3:
            return _between(bounds)
        case Object(origin="tqdm.trange", arguments=Arguments(bounds)) if 0 < len(bounds) < 3:
            return _between(list(bounds))
        case Object(origin="builtins.enumerate", arguments=Arguments((inner, *_))):
            return iterations(inner)
        case Object(origin=str() as origin, arguments=Arguments((inner, *_))) if origin in _ALL_OF_IT:
            return iterations(inner)
    return None


def batches(loader: Object | Unknown) -> Length:
    """Return how many batches a loader gives, as `len(loader)`."""
    return _one(Unknown(("call", "builtins.len", (loader.key,)), loader.born, parts=(External("builtins.len"), loader)))


def loader_counted(value: Value) -> Object | Unknown | None:
    """Return the loader of which this is the length."""
    match value:
        case Unknown(key=("call", "builtins.len", *_), parts=(_, Object() | Unknown() as counted)):
            return counted if counted.role is Role.LOADER else None
    return None


_ALL_OF_IT = set(ITERATES) - {"itertools.islice", "itertools.cycle", "tqdm.trange"}


def _between(bounds: list[Value]) -> Length:
    """Return how many numbers a range holds; one that may start where a checkpoint ended is taken from its start."""
    if len(bounds) == 1:
        return length_of(bounds[0])
    start, stop = bounds
    held = length_of(stop) + length_of(start) * number(-1)
    if all(value.key != start.key for value in held.factors()):
        return held
    fresh = _fresh(start)
    return held if fresh is None else length_of(stop) + number(-fresh)


def _fresh(start: Value) -> int | None:
    options = start.readings if isinstance(start, OneOf) else (start.default,) if isinstance(start, Unknown) else ()
    known = [o.value for o in options if isinstance(o, Constant) and type(o.value) is int]
    return known[0] if known else None


def _default_of(value: Value) -> Length:
    if isinstance(value, Unknown) and isinstance(value.default, Constant) and type(value.default.value) is int:
        return number(value.default.value)
    return _one(value)


def _one(value: Value) -> Length:
    return _product(Fraction(1), (value,))


def _product(factor: Fraction, values: Product) -> Length:
    ordered = tuple(sorted(values, key=lambda value: repr(value.key)))
    return Length({tuple(value.key for value in ordered): (factor, ordered)})


def _equal(left: Length, right: Length) -> bool:
    return {key: term[0] for key, term in left.terms.items()} == {key: term[0] for key, term in right.terms.items()}


def counts_up(value: Value) -> bool:
    """Tell whether a value is the counter of a loop over a range, or such a counter moved by a constant."""
    match value:
        case Unknown(key=("arithmetic", "+" | "-", *_), parts=(left, right)):
            return counts_up(left) and isinstance(right, Constant)
        case Unknown(key=("unknown", *_), parts=(Unknown(parts=(External("builtins.range"), *_)),)):
            return True
        case Unknown(key=("unknown", *_), parts=(Object(origin="tqdm.trange"),)):
            return True
    return False


def ratio(one: Length, other: Length) -> tuple[Fraction, bool] | None:
    """Return how many times longer one length is, and whether that rests on defaults; `None` where it is not known."""
    for by_default in (False, True):
        if by_default:
            one, other = one.with_defaults(), other.with_defaults()
        quotient = one.over(other)
        if quotient is not None and quotient.number is not None:
            return quotient.number, by_default
    return None


def in_batches(length: Length, like: Length) -> Length:
    """Return a length with the samples of a data set counted in batches of the loaders that `like` speaks of."""
    loaders = [loader for value in like.factors() if (loader := loader_counted(value)) is not None]
    result = Length({})
    for factor, product in length.terms.values():
        term = number(factor)
        for value in product:
            term *= next((n for loader in loaders if (n := _samples(value, loader)) is not None), _one(value))
        result += term
    return result


def _samples(value: Value, loader: Object | Unknown) -> Length | None:
    """Return the length of a loader's data set in batches, where `value` is that length."""
    if not isinstance(loader, Object) or not isinstance(value, Unknown):
        return None
    samples, size = loader.arguments.get(0, "dataset"), loader.arguments.get(1, "batch_size")
    match value:
        case Unknown(key=("call", "builtins.len", (key,))) if samples is not None and samples.key == key:
            return batches(loader) * (number(1) if size is None else length_of(size))
    return None
