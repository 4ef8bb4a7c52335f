"""TL311: the names of mixed precision that PyTorch has deprecated."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.edit import CallOther, Edit
from trainlint.finding import Finding, Fix, Severity
from trainlint.program.query import Program
from trainlint.program.uses import Use
from trainlint.rule import Rule

# What the deprecation notices of torch 2.4 say to write instead.
INSTEAD = {
    f"torch.{device}.amp.{name}": replacement.format(device)
    for device, names in (
        ("cuda", ("autocast", "GradScaler", "custom_fwd", "custom_bwd")),
        ("cpu", ("autocast", "GradScaler")),
    )
    for name, replacement in (
        ("autocast", 'torch.amp.autocast("{}", …)'),
        ("GradScaler", 'torch.amp.GradScaler("{}", …)'),
        ("custom_fwd", 'torch.amp.custom_fwd(…, device_type="{}")'),
        ("custom_bwd", 'torch.amp.custom_bwd(…, device_type="{}")'),
    )
    if name in names
}


class DeprecatedCudaAmp(Rule):
    """Mixed precision is reached through `torch.cuda.amp`, which PyTorch has deprecated.

    ## What it finds
    `torch.cuda.amp.autocast`, `GradScaler`, `custom_fwd` and `custom_bwd`, and `autocast` and `GradScaler` of
    `torch.cpu.amp`, where they are called or decorate, under whatever name they were imported. Code that asks for the
    version of torch, or that imports the one name where the other is missing, is right.

    ## Why it hurts
    They are deprecated since torch 2.4: each use warns, and they are to be removed. They are also tied to one kind of
    device: the code does not run in mixed precision on any other.

    ## What to do
    Write `torch.amp.autocast("cuda", …)` (or `torch.autocast`), `torch.amp.GradScaler("cuda", …)`,
    `torch.amp.custom_fwd(…, device_type="cuda")`. The arguments that came first before now come behind the device.

    ## When to ignore it
    When the code must run on torch before 2.3, which has no `torch.amp.GradScaler`, or before 2.4, which has no
    `torch.amp.custom_fwd`.
    """

    code = "TL311"
    name = "deprecated-cuda-amp"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/amp.html",
        "https://github.com/pytorch/pytorch/releases/tag/v2.4.0",
    )
    bad = """
import torch
from torch.cuda.amp import autocast
model = torch.nn.Linear(4, 2)
def predict(inputs):
    with torch.no_grad(), autocast():
        return model(inputs)
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
def predict(inputs):
    with torch.no_grad(), torch.autocast("cuda"):
        return model(inputs)
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for use in program.uses(INSTEAD):
            yield self.finding(
                use.place,
                f"`{use.name}` is deprecated since torch 2.4",
                evidence={"name": use.name, "deprecated_since": "2.4"},
                fix=Fix(f"write `{INSTEAD[use.name]}`", True, (_edit(use),)),
            )


def _edit(use: Use) -> Edit:
    _, device, _, name = use.name.split(".")
    if name.startswith("custom"):
        return CallOther(use.place, use.text, f"torch.amp.{name}", keyword=f'device_type="{device}"')
    return CallOther(use.place, use.text, f"torch.amp.{name}", first=f'"{device}"')
