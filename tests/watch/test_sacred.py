"""Training is the same with and without watch, to the bit."""

from __future__ import annotations

import copy
import io
import random
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from tests.watch.conftest import Watched, make_model, train

OPTIMIZERS: dict[str, Callable[[nn.Module], torch.optim.Optimizer]] = {
    "sgd": lambda model: torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9),
    "adamw": lambda model: torch.optim.AdamW(model.parameters(), lr=0.01),
    "adamw-fused": lambda model: torch.optim.AdamW(model.parameters(), lr=0.01, fused=True),
}


def end_state(make: Callable[[nn.Module], torch.optim.Optimizer], watch: Callable[[nn.Module], Any], amp: bool) -> Any:
    torch.manual_seed(3)
    random.seed(3)
    model = make_model()
    optimizer = make(model)
    with watch(model):
        losses = train(model, optimizer, amp=amp)
    return model.state_dict(), optimizer.state_dict(), losses, torch.get_rng_state(), random.getstate()


class Bare:
    def __init__(self, model: nn.Module) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(self, *error: object) -> None: ...


def assert_same(left: Any, right: Any) -> None:
    if isinstance(left, torch.Tensor):
        assert torch.equal(left, right)
    elif isinstance(left, dict):
        assert left.keys() == right.keys()
        for key in left:
            assert_same(left[key], right[key])
    elif isinstance(left, (list, tuple)):
        assert len(left) == len(right)
        for one, other in zip(left, right, strict=True):
            assert_same(one, other)
    else:
        assert left == right


@pytest.mark.parametrize("amp", [False, True], ids=["float32", "amp"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_fifty_steps_are_bit_identical(watched: Watched, optimizer: str, amp: bool) -> None:
    bare = end_state(OPTIMIZERS[optimizer], Bare, amp)
    seen = end_state(OPTIMIZERS[optimizer], watched, amp)
    assert_same(bare, seen)
    assert watched.said == []
    assert len(watched.run().steps) == 50


def test_the_users_exception_passes_through(watched: Watched) -> None:
    model = make_model()
    error = ValueError("the user's own")
    with pytest.raises(ValueError, match="the user's own") as caught, watched(model):
        raise error
    assert caught.value is error
    assert watched.run().meta["ended_by"] == "ValueError"


@pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_exception_inside_a_watched_call_passes_through(watched: Watched, kind: type[BaseException]) -> None:
    class Failing(nn.Module):
        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            raise kind

    model = Failing()
    with pytest.raises(kind), watched(model):
        model(torch.zeros(1))
    assert watched.said == []


def test_an_interrupted_run_keeps_what_was_recorded(watched: Watched) -> None:
    model = make_model()

    def interrupted() -> None:
        train(model, OPTIMIZERS["sgd"](model), steps=7)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), watched(model):
        interrupted()
    assert len(watched.run().steps) == 7
    assert watched.run().meta["ended_by"] == "KeyboardInterrupt"


def test_models_are_copied_and_saved_without_a_trace_of_the_watch(watched: Watched) -> None:
    model = make_model()
    plain = io.BytesIO()
    torch.save(model, plain)
    with watched(model):
        copied = copy.deepcopy(model)
        saved = io.BytesIO()
        torch.save(model, saved)
        copied(torch.zeros(2, 1, 8, 8))
    assert saved.getvalue() == plain.getvalue()
    assert vars(model).keys() == vars(make_model()).keys()
    loaded = torch.load(io.BytesIO(saved.getvalue()), weights_only=False)
    assert_same(loaded.state_dict(), model.state_dict())
    assert watched.run().forwards == ()


def test_a_watch_that_cannot_start_lets_training_run(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    from trainlint.watch import session

    def fail(*args: object) -> None:
        raise LookupError("no such thing")

    monkeypatch.setattr(session, "Recorder", fail)
    model = make_model()
    with watched(model):
        assert len(train(model, OPTIMIZERS["sgd"](model), steps=3)) == 3
    assert watched.said == ["could not start watching: LookupError: no such thing"]
