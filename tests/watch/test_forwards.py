"""Forwards, the batches they are given, and what batch norm layers see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from tests.watch.conftest import Watched, make_loader, make_model
from trainlint.registry import find_rule
from trainlint.rule import Rule
from trainlint.run import Run
from trainlint.run_facts import Feed, Forward

criterion = nn.CrossEntropyLoss()


def rules(*codes: str) -> tuple[Rule, ...]:
    found = tuple(rule for code in codes if (rule := find_rule(code)) is not None)
    assert len(found) == len(codes)
    return found


def train_epoch(model: nn.Module, optimizer: torch.optim.Optimizer, loader: DataLoader[Any]) -> None:
    for images, labels in loader:
        optimizer.zero_grad()
        criterion(model(images), labels).backward()
        optimizer.step()


def evaluate(model: nn.Module, loader: DataLoader[Any]) -> int:
    right = 0
    for images, labels in loader:
        right += int((model(images).argmax(1) == labels).sum())
    return right


def feed_of(run: Run, name: str) -> Feed:
    (feed,) = [feed for feed in run.feeds if feed.loader.name == name]
    return feed


def evaluation(run: Run) -> Forward:
    (forward,) = [forward for forward in run.forwards if not forward.trained]
    return forward


def test_training_and_evaluation_feeds_are_told_apart(watched: Watched) -> None:
    model, train_loader, val_loader = make_model(), make_loader(), make_loader(48)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model):
        for _ in range(2):
            model.train()
            train_epoch(model, optimizer, train_loader)
            model.eval()
            with torch.no_grad():
                for images, _ in val_loader:
                    model(images)
    run = watched.run()
    trained, evaluated = feed_of(run, "loader"), feed_of(run, "val_loader")
    assert (trained.batches, trained.batches_trained, trained.longest_untrained) == (20, 20, 1)
    assert (evaluated.batches, evaluated.batches_trained, evaluated.longest_untrained) == (6, 0, 3)
    assert evaluated.evaluates
    assert not trained.evaluates
    forward = evaluation(run)
    assert (forward.training, forward.grad, forward.count, forward.with_graph) == (False, False, 6, 0)
    assert (forward.norms, forward.dropout, forward.statistics_moved) == ((), (), 0)
    assert forward.feed == evaluated


def test_one_loop_over_two_loaders_is_two_feeds(watched: Watched) -> None:
    model, loaders = make_model(), {"train": make_loader(), "val": make_loader(48)}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model):
        for _ in range(2):
            for phase in ("train", "val"):
                model.train(phase == "train")
                with torch.set_grad_enabled(phase == "train"):
                    for images, labels in loaders[phase]:
                        loss = criterion(model(images), labels)
                        if phase == "train":
                            optimizer.zero_grad()
                            loss.backward()
                            optimizer.step()
    run = watched.run()
    assert sorted((feed.batches, feed.evaluates) for feed in run.feeds) == [(6, True), (20, False)]


def test_two_loaders_for_one_step_both_train(watched: Watched) -> None:
    model, labelled, unlabelled = make_model(), make_loader(), make_loader()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model, rules=rules("TL101", "TL103")):
        for (images, labels), (more, _) in zip(labelled, unlabelled, strict=True):
            optimizer.zero_grad()
            (criterion(model(images), labels) + model(more).square().mean()).backward()
            optimizer.step()
    run = watched.run()
    assert [feed.batches_trained for feed in run.feeds] == [10, 10]
    assert run.findings == ()


def test_batches_whose_loss_comes_later_are_not_evaluation(watched: Watched) -> None:
    model, near, far = make_model(), make_loader(), make_loader()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model, rules=rules("TL101", "TL103")):
        others = iter(far)
        for images, _ in near:
            left = model(images)
            right = model(next(others)[0])
            optimizer.zero_grad()
            (left - right).square().mean().backward()
            optimizer.step()
    assert watched.run().findings == ()


def test_evaluation_in_training_mode_with_a_graph(watched: Watched) -> None:
    model, train_loader, val_loader = make_model(), make_loader(), make_loader(48)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model, rules=rules("TL101", "TL103", "TL202")):
        for _ in range(2):
            train_epoch(model, optimizer, train_loader)
            evaluate(model, val_loader)
    run = watched.run()
    assert [(finding.code, finding.location) for finding in run.findings] == [
        (code, evaluation(run).location) for code in ("TL101", "TL103")
    ]
    assert "`BatchNorm2d` and `Dropout` layers act" in run.findings[0].message
    assert run.findings[0].evidence == {"forwards": 6, "statistics_moved": 6, "statistics_checked": 6}
    feed = evaluation(run).feed
    assert feed is not None
    assert run.findings[0].related[0].location == feed.location


def test_right_evaluation_is_silent(watched: Watched) -> None:
    model, train_loader, val_loader = make_model(), make_loader(), make_loader(48)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model, rules=rules("TL101", "TL103", "TL202")):
        for _ in range(2):
            model.train()
            train_epoch(model, optimizer, train_loader)
            model.eval()
            with torch.inference_mode():
                evaluate(model, val_loader)
    assert watched.run().findings == ()


def test_monte_carlo_dropout_is_silent(watched: Watched) -> None:
    model, train_loader, val_loader = make_model(), make_loader(), make_loader(48)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model, rules=rules("TL101")):
        train_epoch(model, optimizer, train_loader)
        model.eval()
        for part in model.modules():
            if isinstance(part, nn.Dropout):
                part.train()
        with torch.no_grad():
            for _ in range(5):
                evaluate(model, val_loader)
    assert watched.run().findings == ()


def test_statistics_that_are_estimated_on_purpose_are_silent(watched: Watched) -> None:
    model, train_loader = make_model(), make_loader()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model, rules=rules("TL101")):
        train_epoch(model, optimizer, train_loader)
        torch.optim.swa_utils.update_bn(make_loader(), model)
        model.train()
        with torch.no_grad():
            for images, _ in train_loader:
                model(images)
    assert watched.run().findings == ()


def test_samples_drawn_while_training_are_silent(watched: Watched) -> None:
    generator = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 4))
    critic = nn.Linear(4, 1)
    both = [torch.optim.Adam(model.parameters()) for model in (generator, critic)]
    data = DataLoader(TensorDataset(torch.randn(128, 4)), batch_size=16)
    fixed = torch.randn(16, 4)
    with watched(generator, critic, rules=rules("TL101", "TL103", "TL202", "TL401")):
        for _ in range(3):
            for (real,) in data:
                with torch.no_grad():
                    fake = generator(torch.randn(16, 4))
                both[1].zero_grad()
                (critic(fake).mean() - critic(real).mean()).backward()
                both[1].step()
                both[0].zero_grad()
                (-critic(generator(torch.randn(16, 4))).mean()).backward()
                both[0].step()
                with torch.no_grad():
                    generator(fixed)
            with torch.no_grad():
                generator(fixed)
    assert watched.run().findings == ()


def test_a_gradient_that_is_asked_for_is_a_use_of_the_graph(watched: Watched) -> None:
    model, train_loader, val_loader = make_model(), make_loader(), make_loader(48)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model, rules=rules("TL101", "TL103")):
        train_epoch(model, optimizer, train_loader)
        model.eval()
        for images, _ in val_loader:
            torch.autograd.grad(model(images.requires_grad_()).sum(), images)
    assert watched.run().findings == ()


def test_whole_batches_without_a_loader(watched: Watched) -> None:
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    images, labels = torch.randn(64, 1, 8, 8), torch.randint(10, (64,))
    with watched(model, rules=rules("TL101")):
        for _ in range(3):
            for start in range(0, 64, 16):
                optimizer.zero_grad()
                criterion(model(images[start : start + 16]), labels[start : start + 16]).backward()
                optimizer.step()
            with torch.no_grad():
                for start in range(0, 64, 16):
                    model(images[start : start + 16])
    (finding,) = watched.run().findings
    assert finding.code == "TL101"
    assert finding.evidence["forwards"] == 12


def small_batches(model: nn.Module, batch_size: int, watched: Watched, samples: int = 66) -> Run:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loader = make_loader(samples, batch_size)
    with watched(model, rules=rules("TL202")):
        for images, labels in loader:
            optimizer.zero_grad()
            criterion(model(images), labels).backward()
            optimizer.step()
    return watched.run()


def test_batch_norm_over_few_samples(watched: Watched) -> None:
    run = small_batches(make_model(), 4, watched)
    (layer,) = run.norm_layers
    assert layer.sizes == {(4, 4 * 64): 16, (2, 2 * 64): 1}
    assert (layer.typical_batch, layer.typical_values, layer.path) == (4, 256, "1")
    (finding,) = run.findings
    assert finding.location == run.feeds[0].location
    assert finding.message == "`loader` gives the batch norm of `model` 4 samples at a time"


def test_a_small_last_batch_is_silent(watched: Watched) -> None:
    assert small_batches(make_model(), 32, watched).findings == ()


def test_frozen_and_synchronised_batch_norm_is_silent(watched: Watched) -> None:
    frozen = make_model()
    frozen[1].eval()
    assert small_batches(frozen, 4, watched).norm_layers == ()


def test_layers_are_written_down(watched: Watched) -> None:
    model = make_model()
    with watched(model):
        pass
    layers = {layer.path: layer for layer in watched.run().layers}
    assert layers["1"].type == "BatchNorm2d"
    assert layers["1"].facts["num_features"] == 4
    assert layers["1"].facts["momentum"] == 0.1
    assert layers["4"].facts["p"] == 0.3
    assert (layers["5"].parameters, layers["5"].trainable) == (2570, 2570)
    assert watched.run().models[0].facts == {"parameters": 2618, "trainable": 2618}


def test_a_generator_around_a_loader(watched: Watched) -> None:
    model, loader = make_model(), make_loader()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def for_ever() -> Iterator[Any]:
        while True:
            yield from loader

    batches = for_ever()
    with watched(model):
        for _ in range(25):
            images, labels = next(batches)
            optimizer.zero_grad()
            criterion(model(images), labels).backward()
            optimizer.step()
    (feed,) = watched.run().feeds
    assert (feed.loader.name, feed.batches_trained) == ("loader", 25)
    assert None not in watched.run().steps.data_s
