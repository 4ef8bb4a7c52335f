"""Each kind of bug is made as it says, and where its conditions fail it is not offered."""

from __future__ import annotations

import ast
import difflib
from textwrap import dedent

import pytest

from tests.benchmarks.seeding import KINDS, changes, seeded

HEAD = """
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader
"""
NET = (
    HEAD
    + """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.drop = nn.Dropout(0.5)
    def forward(self, x):
        return self.fc(self.drop(x))
model = Net()
"""
)
TRAIN = (
    NET
    + """
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters())
train_loader = DataLoader(train_set, batch_size=8, shuffle=True)
test_loader = DataLoader(test_set, batch_size=8)
scheduler = optim.lr_scheduler.StepLR(optimizer, 30)
for epoch in range(10):
    total = 0
    model.train()
    for inputs, targets in train_loader:
        inputs = inputs.to(device)
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = criterion(outputs, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
    scheduler.step()
    model.eval()
    with torch.no_grad():
        for inputs, targets in test_loader:
            outputs = model(inputs)
"""
)
AMP = (
    NET
    + """
optimizer = optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler("cuda")
for inputs, targets in loader:
    with torch.autocast("cuda"):
        loss = F.cross_entropy(model(inputs), targets)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
torch.save({"m": model.state_dict(), "o": optimizer.state_dict(), "s": scaler.state_dict()}, path)
"""
)
ACCUMULATE = (
    NET
    + """
optimizer = optim.SGD(model.parameters(), lr=0.1)
for step, (inputs, targets) in enumerate(loader):
    loss = F.cross_entropy(model(inputs), targets)
    loss = loss / 4
    loss.backward()
    if (step + 1) % 4 == 0:
        optimizer.step()
        optimizer.zero_grad()
"""
)
RECURRENT = (
    HEAD
    + """
def repackage(h):
    return tuple(v.detach() for v in h)
def train(model, loader, hidden):
    for x, y in loader:
        hidden = repackage(hidden)
        output, hidden = model(x, hidden)
        F.cross_entropy(output, y).backward()
"""
)
LAYERS = (
    HEAD
    + """
class Net(nn.Module):
    def __init__(self, rate=0.5):
        super().__init__()
        self.rate = rate
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
        self.conv = nn.Conv2d(3, 8, 3, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.head = nn.Linear(4, 2)
    def forward(self, x):
        x = self.norm(self.conv(x))
        for layer in self.layers:
            x = layer(x)
        x = F.dropout(x, self.rate, training=self.training)
        return F.log_softmax(self.head(x), dim=1)
for parameter in Net().parameters():
    parameter.requires_grad = False
"""
)
GAN = (
    NET
    + """
class Other(Net):
    pass
generator, critic = Net(), Other()
optimizer_g = optim.Adam(generator.parameters())
optimizer_d = optim.AdamW(critic.parameters(), weight_decay=0.01)
both = optim.Adam(list(generator.parameters()) + list(critic.parameters()))
for real in loader:
    optimizer_g.zero_grad()
    critic(generator(real)).mean().backward()
    optimizer_g.step()
    optimizer_d.zero_grad()
    critic(real).mean().backward()
    optimizer_d.step()
"""
)
SCHEDULES = (
    NET
    + """
optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
cycle = optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=100)
plateau = optim.lr_scheduler.ReduceLROnPlateau(optimizer, "min")
for epoch in range(10):
    for inputs, targets in loader:
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(model(inputs), targets).backward()
        optimizer.step()
        cycle.step()
    plateau.step(val_loss)
"""
)
NLL = (
    HEAD
    + """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
    def forward(self, x):
        return F.log_softmax(self.fc(x), dim=1)
model = Net()
for inputs, targets in loader:
    outputs = model(inputs)
    F.nll_loss(outputs, targets).backward()
"""
)
TRANSFORMS = """
from torchvision import datasets, transforms
train_transform = transforms.Compose([transforms.RandomCrop(32), transforms.ToTensor()])
test_transform = transforms.Compose([transforms.ToTensor()])
train_set = datasets.CIFAR10(root, train=True, transform=train_transform)
test_set = datasets.CIFAR10(root, train=False, transform=test_transform)
"""
SURGERY = """
import torchvision
from torch import nn, optim
model = torchvision.models.resnet18()
model.fc = nn.Linear(512, 10)
optimizer = optim.SGD(model.parameters(), lr=0.1)
"""
EVEN = TRAIN.replace("DataLoader(test_set, batch_size=8)", "DataLoader(MNIST('d'), batch_size=30)").replace(
    "import torch\n", "import torch\nfrom torchvision.datasets import MNIST\n", 1
)
SAMPLER = """
from torch.utils.data.distributed import DistributedSampler
train_sampler = DistributedSampler(data)
for epoch in range(10):
    train_sampler.set_epoch(epoch)
"""
KL = """
import torch.nn.functional as F
loss = F.kl_div(F.log_softmax(a, dim=1), F.softmax(b, dim=1), reduction="batchmean")
"""
BINARY = (
    NET.replace("import torch\n", "import torch\n", 1)
    + """
criterion = nn.BCEWithLogitsLoss()
for inputs, targets in loader:
    outputs = model(inputs)
    loss = criterion(outputs, targets)
    loss.backward()
"""
)

OFFERED = [
    ("eval-deleted", TRAIN, ["- model.eval()"]),
    ("train-deleted", TRAIN, ["- model.train()"]),
    (
        "train-before-epochs",
        TRAIN,
        ["+ model.train() < scheduler = optim.lr_scheduler.StepLR(optimizer, 30)", "- model.train()"],
    ),
    (
        "no-grad-removed",
        TRAIN,
        [
            "- with torch.no_grad():",
            "- for inputs, targets in test_loader:",
            "- outputs = model(inputs)",
            "+ for inputs, targets in test_loader:",
            "+ outputs = model(inputs)",
        ],
    ),
    (
        "no-grad-not-entered",
        TRAIN,
        [
            "- with torch.no_grad():",
            "- for inputs, targets in test_loader:",
            "- outputs = model(inputs)",
            "+ torch.no_grad()",
            "+ for inputs, targets in test_loader:",
            "+ outputs = model(inputs)",
        ],
    ),
    ("eval-not-called", TRAIN, ["- model.eval()", "+ model.eval"]),
    ("step-not-called", TRAIN, ["- optimizer.step()", "+ optimizer.step"]),
    (
        "training-argument-dropped",
        LAYERS,
        ["- x = F.dropout(x, self.rate, training=self.training)", "+ x = F.dropout(x, self.rate)"],
    ),
    (
        "layer-built-in-forward",
        LAYERS,
        ["- return F.log_softmax(self.head(x), dim=1)", "+ return F.log_softmax(nn.Linear(4, 2)(x), dim=1)"],
    ),
    (
        "module-list-dropped",
        LAYERS,
        [
            "- self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])",
            "+ self.layers = [nn.Linear(4, 4) for _ in range(3)]",
        ],
    ),
    ("requires-grad-misspelt", LAYERS, ["- parameter.requires_grad = False", "+ parameter.require_grad = False"]),
    ("moved-tensor-discarded", TRAIN, ["- inputs = inputs.to(device)", "+ inputs.to(device)"]),
    (
        "bias-before-batch-norm",
        LAYERS,
        ["- self.conv = nn.Conv2d(3, 8, 3, bias=False)", "+ self.conv = nn.Conv2d(3, 8, 3)"],
    ),
    ("unscale-deleted", AMP, ["- scaler.unscale_(optimizer)"]),
    ("scaler-update-deleted", AMP, ["- scaler.update()"]),
    (
        "step-without-scaler",
        AMP.replace("    scaler.unscale_(optimizer)\n", ""),
        ["- scaler.step(optimizer)", "+ optimizer.step()"],
    ),
    ("loss-not-scaled", AMP, ["- scaler.scale(loss).backward()", "+ loss.backward()"]),
    ("backward-in-autocast", AMP, ["- scaler.scale(loss).backward()", "+ scaler.scale(loss).backward()"]),
    (
        "scaler-in-loop",
        AMP,
        [
            '- scaler = torch.amp.GradScaler("cuda")',
            '+ scaler = torch.amp.GradScaler("cuda") < for inputs, targets in loader:',
        ],
    ),
    (
        "scaler-not-saved",
        AMP,
        [
            '- torch.save({"m": model.state_dict(), "o": optimizer.state_dict(), "s": scaler.state_dict()}, path)',
            '+ torch.save({"m": model.state_dict(), "o": optimizer.state_dict()}, path)',
        ],
    ),
    ("zero-grad-deleted", TRAIN, ["- optimizer.zero_grad()"]),
    (
        "zero-grad-before-step",
        TRAIN,
        ["- optimizer.zero_grad()", "+ optimizer.zero_grad() < nn.utils.clip_grad_norm_(model.parameters(), 1.0)"],
    ),
    ("clip-after-step", TRAIN, ["+ optimizer.step() < loss.backward()", "- optimizer.step()"]),
    ("item-dropped", TRAIN, ["- total += loss.item()", "+ total += loss"]),
    ("accumulation-not-scaled", ACCUMULATE, ["- loss = loss / 4"]),
    ("loss-detached", TRAIN, ["- loss = criterion(outputs, targets)", "+ loss = criterion(outputs, targets).detach()"]),
    (
        "loss-rewrapped",
        TRAIN,
        [
            "- loss = criterion(outputs, targets)",
            "+ loss = torch.tensor(criterion(outputs, targets), requires_grad=True)",
        ],
    ),
    ("hidden-not-detached", RECURRENT, ["- hidden = repackage(hidden)"]),
    ("graph-retained", TRAIN, ["- loss.backward()", "+ loss.backward(retain_graph=True)"]),
    ("step-before-backward", TRAIN, ["+ optimizer.step() < loss = criterion(outputs, targets)", "- optimizer.step()"]),
    ("zero-grad-in-window", ACCUMULATE, ["+ optimizer.zero_grad() < loss = loss / 4", "- optimizer.zero_grad()"]),
    ("scheduler-before-optimizer", TRAIN, ["+ scheduler.step() < model.train()", "- scheduler.step()"]),
    ("scheduler-step-deleted", TRAIN, ["- scheduler.step()"]),
    ("batch-schedule-per-epoch", SCHEDULES, ["- cycle.step()", "+ cycle.step()"]),
    ("epoch-schedule-per-batch", TRAIN, ["+ scheduler.step() < optimizer.step()", "- scheduler.step()"]),
    ("metric-dropped", SCHEDULES, ["- plateau.step(val_loss)", "+ plateau.step()"]),
    (
        "plateau-mode-swapped",
        SCHEDULES,
        [
            '- plateau = optim.lr_scheduler.ReduceLROnPlateau(optimizer, "min")',
            "+ plateau = optim.lr_scheduler.ReduceLROnPlateau(optimizer, 'max')",
        ],
    ),
    (
        "optimizer-rebuilt",
        TRAIN,
        ["+ optimizer = optim.Adam(model.parameters()) < scheduler = optim.lr_scheduler.StepLR(optimizer, 30)"],
    ),
    (
        "adamw-to-adam",
        GAN,
        [
            "- optimizer_d = optim.AdamW(critic.parameters(), weight_decay=0.01)",
            "+ optimizer_d = optim.Adam(critic.parameters(), weight_decay=0.01)",
        ],
    ),
    (
        "surgery-after-optimizer",
        SURGERY,
        [
            "+ optimizer = optim.SGD(model.parameters(), lr=0.1) < model = torchvision.models.resnet18()",
            "- optimizer = optim.SGD(model.parameters(), lr=0.1)",
        ],
    ),
    (
        "parameters-left-out",
        GAN,
        [
            "- both = optim.Adam(list(generator.parameters()) + list(critic.parameters()))",
            "+ both = optim.Adam(list(generator.parameters()))",
        ],
    ),
    (
        "optimizer-in-loop",
        TRAIN.replace("scheduler = optim.lr_scheduler.StepLR(optimizer, 30)\n", ""),
        [
            "- optimizer = optim.Adam(model.parameters())",
            "+ optimizer = optim.Adam(model.parameters()) < for epoch in range(10):",
        ],
    ),
    (
        "optimizer-wrong-model",
        GAN,
        [
            "- optimizer_d = optim.AdamW(critic.parameters(), weight_decay=0.01)",
            "+ optimizer_d = optim.AdamW(generator.parameters(), weight_decay=0.01)",
        ],
    ),
    (
        "softmax-before-loss",
        TRAIN,
        ["- loss = criterion(outputs, targets)", "+ loss = criterion(outputs.softmax(dim=1), targets)"],
    ),
    ("softmax-in-model", TRAIN, ["- return self.fc(self.drop(x))", "+ return self.fc(self.drop(x)).softmax(dim=1)"]),
    (
        "sigmoid-before-loss",
        BINARY,
        ["- loss = criterion(outputs, targets)", "+ loss = criterion(outputs.sigmoid(), targets)"],
    ),
    ("sigmoid-in-model", BINARY, ["- return self.fc(self.drop(x))", "+ return self.fc(self.drop(x)).sigmoid()"]),
    ("logits-to-bce", BINARY, ["- criterion = nn.BCEWithLogitsLoss()", "+ criterion = nn.BCELoss()"]),
    ("log-softmax-dropped", NLL, ["- return F.log_softmax(self.fc(x), dim=1)", "+ return self.fc(x)"]),
    ("loss-arguments-swapped", TRAIN, ["- loss = criterion(outputs, targets)", "+ loss = criterion(targets, outputs)"]),
    (
        "kl-of-probabilities",
        KL,
        [
            '- loss = F.kl_div(F.log_softmax(a, dim=1), F.softmax(b, dim=1), reduction="batchmean")',
            '+ loss = F.kl_div(F.softmax(a, dim=1), F.softmax(b, dim=1), reduction="batchmean")',
        ],
    ),
    (
        "batch-mean-dropped",
        KL,
        [
            '- loss = F.kl_div(F.log_softmax(a, dim=1), F.softmax(b, dim=1), reduction="batchmean")',
            "+ loss = F.kl_div(F.log_softmax(a, dim=1), F.softmax(b, dim=1))",
        ],
    ),
    (
        "shuffle-dropped",
        TRAIN,
        [
            "- train_loader = DataLoader(train_set, batch_size=8, shuffle=True)",
            "+ train_loader = DataLoader(train_set, batch_size=8)",
        ],
    ),
    ("set-epoch-deleted", SAMPLER, ["- train_sampler.set_epoch(epoch)", "+ pass"]),
    (
        "last-batch-dropped-in-evaluation",
        TRAIN,
        [
            "- test_loader = DataLoader(test_set, batch_size=8)",
            "+ test_loader = DataLoader(test_set, batch_size=8, drop_last=True)",
        ],
    ),
    (
        "augmentation-in-evaluation",
        TRANSFORMS,
        [
            "- test_set = datasets.CIFAR10(root, train=False, transform=test_transform)",
            "+ test_set = datasets.CIFAR10(root, train=False, transform=train_transform)",
        ],
    ),
    (
        "evaluated-on-training-data",
        TRAIN,
        ["- for inputs, targets in test_loader:", "+ for inputs, targets in train_loader:"],
    ),
    (
        "training-set-in-evaluation",
        TRAIN,
        [
            "- test_loader = DataLoader(test_set, batch_size=8)",
            "+ test_loader = DataLoader(train_set, batch_size=8)",
        ],
    ),
]

# Where the change would do no harm, or could not be told to: what is replaced in a source, and by what.
REFUSED = [
    ("eval-deleted", TRAIN, ("self.drop = nn.Dropout(0.5)", "self.drop = nn.Dropout(0.0)"), "drops nothing"),
    ("eval-deleted", TRAIN, ("model = Net()", "model = torch.load(path)"), "of unknown make and mode"),
    ("eval-deleted", TRAIN, ("    model.eval()\n", "    model.eval()\n    model.eval()\n"), "called twice"),
    ("eval-deleted", TRAIN, ("        self.drop =", "        if big: self.drop ="), "dropout under a condition"),
    ("train-deleted", TRAIN, ("    model.eval()\n", ""), "never evaluated"),
    ("train-deleted", TRAIN, ("    scheduler.step()\n", "    model.train()\n    scheduler.step()\n"), "called twice"),
    ("no-grad-removed", TRAIN, ("with torch.no_grad():", "with torch.no_grad() as guard:"), "context is used"),
    ("no-grad-removed", TRAIN, ("model = Net()", "model = Net().requires_grad_(False)"), "nothing to record"),
    ("training-argument-dropped", LAYERS, ("rate=0.5", "rate=0.0"), "drops nothing by default"),
    ("module-list-dropped", LAYERS, ("nn.Linear(4, 4) for", "nn.ReLU() for"), "no parameters"),
    ("bias-before-batch-norm", LAYERS, ("self.norm(self.conv(x))", "self.norm(torch.relu(self.conv(x)))"), "not fed"),
    ("unscale-deleted", AMP, ("    nn.utils.clip_grad_norm_(model.parameters(), 1.0)\n", ""), "nothing is clipped"),
    ("scaler-update-deleted", AMP, ("    scaler.update()\n", "    scaler.update()\n" * 2), "called twice"),
    ("step-without-scaler", AMP, ("", ""), "unscaled before"),
    ("zero-grad-deleted", TRAIN, ("optimizer.zero_grad()", "optimizer.zero_grad(); model.zero_grad()"), "twice"),
    ("zero-grad-deleted", TRAIN, ("        optimizer.step()\n", "        other.step()\n"), "another steps"),
    ("zero-grad-before-step", TRAIN, ("        loss.backward()\n", ""), "no backward between"),
    ("clip-after-step", TRAIN, ("        optimizer.zero_grad()\n", ""), "clipped for the next step"),
    ("item-dropped", TRAIN, ("        loss.backward()\n", ""), "no graph of a training loss"),
    ("loss-detached", TRAIN, ("loss.backward()", "(loss + penalty).backward()"), "another path to the parameters"),
    ("step-before-backward", TRAIN, ("        optimizer.zero_grad()\n", ""), "gradients may be left from before"),
    ("accumulation-not-scaled", ACCUMULATE, ("% 4", "% 8"), "divided by something else"),
    ("zero-grad-in-window", ACCUMULATE, ("% 4", "> 4"), "no window"),
    ("scheduler-step-deleted", TRAIN, ("    model.eval()\n", "    extra(scheduler)\n"), "may be stepped there"),
    ("epoch-schedule-per-batch", TRAIN, ("StepLR(optimizer, 30)", "LambdaLR(optimizer, rate)"), "unit not known"),
    ("plateau-mode-swapped", SCHEDULES, ("val_loss", "metric"), "not told which way is better"),
    ("optimizer-in-loop", SCHEDULES, ("", ""), "the scheduler needs it before"),
    ("optimizer-wrong-model", GAN, ("critic = Net(), Other()", "critic = None, None"), "models are not known"),
    ("softmax-before-loss", TRAIN, ("nn.CrossEntropyLoss()", "nn.MSELoss()"), "another loss"),
    ("loss-arguments-swapped", TRAIN, ("nn.CrossEntropyLoss()", "nn.MSELoss()"), "symmetric"),
    ("logits-to-bce", BINARY, ("BCEWithLogitsLoss()", "BCEWithLogitsLoss(pos_weight=w)"), "fails at once"),
    ("shuffle-dropped", TRAIN, ("        loss.backward()\n", ""), "not trained on"),
    ("last-batch-dropped-in-evaluation", TRAIN, ("in test_loader:", "in other:"), "not evaluated on"),
    ("last-batch-dropped-in-evaluation", TRAIN, ("test_set, batch_size=8", "test_set, batch_size=1"), "no rest"),
    ("training-set-in-evaluation", TRAIN, ("(test_set,", "(other_set,"), "not named for evaluation"),
    ("evaluated-on-training-data", TRAIN, ("in test_loader:", "in tqdm(d, total=len(test_loader)):"), "only counted"),
    ("set-epoch-deleted", SAMPLER, ("in range(10):", "in range(10):\n  use = False\n  if use:"), "off"),
    ("last-batch-dropped-in-evaluation", EVEN, ("batch_size=30", "batch_size=100"), "no rest"),
    ("set-epoch-deleted", SAMPLER, ("DistributedSampler(data)", "DistributedSampler(data, shuffle=False)"), "in order"),
    ("augmentation-in-evaluation", TRANSFORMS, ("transforms.RandomCrop(32), ", ""), "no augmentation"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "source", "change"), OFFERED, ids=[kind for kind, *_ in OFFERED])
def test_kind_makes_the_change_that_it_says(kind: str, source: str, change: list[str]) -> None:
    assert change in changes(kind, source)


@pytest.mark.parametrize(
    ("kind", "source", "edit"),
    [(kind, source, edit) for kind, source, edit, _ in REFUSED],
    ids=[f"{kind}: {why}" for kind, _, _, why in REFUSED],
)
def test_kind_is_not_offered_where_its_conditions_fail(kind: str, source: str, edit: tuple[str, str]) -> None:
    old, new = edit
    assert old in source
    assert changes(kind, source.replace(old, new)) == []


def test_the_other_model_is_made_before_its_parameters_are_taken() -> None:
    source = GAN.replace("generator, critic = Net(), Other()\n", "generator = Net()\n").replace(
        "optimizer_d = ", "critic = Other()\noptimizer_d = "
    )
    taken = [change[0] for change in changes("optimizer-wrong-model", source)]
    assert taken == ["- optimizer_d = optim.AdamW(critic.parameters(), weight_decay=0.01)"]


def test_every_kind_is_tried() -> None:
    assert {kind for kind, *_ in OFFERED} == set(KINDS)
    assert len(KINDS) >= 24


@pytest.mark.parametrize(
    ("kind", "source"), [(kind, source) for kind, source, _ in OFFERED], ids=lambda each: each[:30]
)
def test_rest_of_the_file_stays_byte_identical(kind: str, source: str) -> None:
    data = dedent(source).lstrip("\n").replace("\n", "\r\n").encode()
    for bug in seeded(kind, data.decode()):
        ast.parse(bug.data)
        assert bug.data != data
        assert b"\n" not in bug.data.replace(b"\r\n", b"")
        matcher = difflib.SequenceMatcher(None, data.splitlines(), bug.data.splitlines(), autojunk=False)
        same = sum(block.size for block in matcher.get_matching_blocks())
        assert same >= data.count(b"\n") - 3
