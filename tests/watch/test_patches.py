"""Hooks and patches are gone after a watch, and a probe that fails is the only thing that fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils import clip_grad, clip_grad_norm_
from torch.optim import lr_scheduler
from torch.optim import optimizer as optimizer_module
from torch.utils.data import DataLoader
from torch.utils.data.dataloader import _BaseDataLoaderIter

from tests.watch.conftest import Watched, make_model, train
from trainlint.watch import backward, batches, clipping, forwards, modes, norms, optimizers, scaler, schedule

CLASSES = (
    nn.Module,
    torch.optim.Optimizer,
    torch.optim.SGD,
    torch.amp.GradScaler,
    torch.cuda.amp.GradScaler,
    lr_scheduler.LRScheduler,
    lr_scheduler.ReduceLROnPlateau,
    lr_scheduler.SequentialLR,
    DataLoader,
    _BaseDataLoaderIter,
)


def torch_as_it_is() -> list[Any]:
    torch.optim.SGD(nn.Linear(1, 1).parameters())  # torch wraps `step` of a class when it is first built
    functions = [clip_grad.clip_grad_norm_, clip_grad.clip_grad_value_]
    return [
        *(dict(vars(owner)) for owner in CLASSES),
        *(dict(vars(module)) for module in (torch.autograd, torch.nn.utils, clip_grad)),
        *([cell.cell_contents for cell in function.__closure__ or ()] for function in functions),
        dict(optimizer_module._global_optimizer_pre_hooks),
        dict(optimizer_module._global_optimizer_post_hooks),
        torch.compile,
        torch.Tensor.backward,
        dict(torch.nn.modules.module._global_forward_hooks),
    ]


def test_nothing_stays_after_a_watch(watched: Watched) -> None:
    before = torch_as_it_is()
    model = make_model()
    with watched(model):
        assert torch_as_it_is() != before
        train(model, torch.optim.SGD(model.parameters(), lr=0.1), steps=3, amp=True)
    assert torch_as_it_is() == before


def test_nothing_stays_after_an_exception(watched: Watched) -> None:
    before = torch_as_it_is()
    model = make_model()
    with pytest.raises(RuntimeError, match="mat1 and mat2"), watched(model):
        model(torch.ones(2, 1, 9, 9))
    assert torch_as_it_is() == before


def test_a_watch_within_a_watch(watched: Watched) -> None:
    before = torch_as_it_is()
    model = make_model()
    inner = Watched(watched.path.with_name("inner.sqlite"))
    with watched(model):
        with inner(model):
            train(model, torch.optim.SGD(model.parameters(), lr=0.1), steps=3)
        train(model, torch.optim.SGD(model.parameters(), lr=0.1), steps=4)
    assert torch_as_it_is() == before
    assert (len(inner.run().steps), len(watched.run().steps)) == (3, 7)
    assert inner.run().steps.norm_before == watched.run().steps.norm_before[:3]


PROBES = [
    (backward.Backward, "_before", "backward"),
    (backward.Backward, "_after", "backward"),
    (batches.Batches, "_fetched", "data loading"),
    (clipping.Clipping, "_before", "gradient clipping"),
    (clipping.Clipping, "_after", "gradient clipping"),
    (forwards.Forwards, "_place", "forward"),
    (forwards.Forwards, "_after", "forward"),
    (modes.Modes, "_changing", "model mode"),
    (norms.NormSizes, "listen", "forward"),
    (optimizers.Optimizers, "of", "optimizers"),
    (optimizers.Optimizers, "record", "loss scaling"),
    (scaler.Scalers, "_scaled", "loss scaling"),
    (scaler.Scalers, "_stepped", "loss scaling"),
    (schedule.Schedulers, "_after", "learning-rate schedules"),
]


@pytest.mark.parametrize(("owner", "method", "probe"), PROBES, ids=lambda value: getattr(value, "__name__", value))
def test_a_probe_that_fails_is_off_and_training_goes_on(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, owner: type, method: str, probe: str
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise LookupError("no such thing")

    def weights(watch: Callable[[nn.Module], Any] | None) -> dict[str, torch.Tensor]:
        torch.manual_seed(1)
        model = make_model()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        if watch is None:
            train(model.train(), optimizer, steps=5, amp=True)
        else:
            with watch(model):
                train(model.train(), optimizer, steps=5, amp=True)
        return model.state_dict()

    bare = weights(None)
    monkeypatch.setattr(owner, method, fail)
    seen = weights(watched)
    assert all(torch.equal(bare[name], seen[name]) for name in bare)
    said = [
        line for line in watched.said if line.startswith(f"{probe} is no longer watched: LookupError: no such thing")
    ]
    assert len(said) == 1
    assert watched.run().notices == tuple(watched.said)


def test_functions_imported_earlier_are_seen(watched: Watched) -> None:
    model = nn.Linear(2, 2)
    with watched(model):
        model(torch.ones(1, 2)).sum().backward()
        clip_grad_norm_(model.parameters(), 0.1)
    assert [operation.call for _, operation in watched.run().operations()][-1] == "clip_grad_norm_"
