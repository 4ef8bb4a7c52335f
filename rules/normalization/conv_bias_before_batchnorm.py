"""TL201: a bias that the batch norm behind it cancels."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.edit import SetArgument
from trainlint.finding import Finding, Fix, Related, Severity
from trainlint.program.anatomy import Layer, are_constant, is_true
from trainlint.program.query import Program
from trainlint.rule import Rule

# Position of `bias` and of the number of output channels or features in the constructors of torch.nn.
_BIAS = {
    "Linear": 2,
    "Conv1d": 7,
    "Conv2d": 7,
    "Conv3d": 7,
    "ConvTranspose1d": 7,
    "ConvTranspose2d": 7,
    "ConvTranspose3d": 7,
}
_BATCH_NORMS = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm")


class ConvBiasBeforeBatchnorm(Rule):
    """A convolution or linear layer has a bias that the batch norm behind it cancels.

    ## What it finds
    A `Conv*d`, `ConvTranspose*d` or `Linear` layer whose bias is on, and whose output goes into a batch norm and into
    nothing else, wherever the program uses it: in a `Sequential`, or one behind the other in `forward`. A network whose
    weights the program loads, and never trains, is as it is.

    ## Why it hurts
    Batch norm subtracts the mean of each channel, and with it any constant that the layer before has added. In training
    the bias changes nothing and its gradient is zero up to rounding: one parameter per channel that the optimizer's
    state, weight decay and the gradient norm carry along for nothing. In a ResNet-50 with biases these would be
    26,560 parameters.

    ## What to do
    Build the layer with `bias=False`; the batch norm's own bias takes its place. The fix is unsafe because a checkpoint
    that was saved with the bias no longer loads as it is.

    ## When to ignore it
    When weights that have the bias must be loaded, or when the layer is meant to be used later without its batch norm.
    """

    code = "TL201"
    name = "conv-bias-before-batchnorm"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "Ioffe and Szegedy, Batch Normalization, ICML 2015, section 3.2",
        "https://docs.pytorch.org/tutorials/recipes/recipes/tuning_guide.html",
    )
    bad = """
import torch
block = torch.nn.Sequential(
    torch.nn.Conv2d(3, 16, kernel_size=3),
    torch.nn.BatchNorm2d(16),
    torch.nn.ReLU(),
)
"""
    good = """
import torch
block = torch.nn.Sequential(
    torch.nn.Conv2d(3, 16, kernel_size=3, bias=False),
    torch.nn.BatchNorm2d(16),
    torch.nn.ReLU(),
)
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for layer, norm in program.feeds:
            if layer.kind in _BIAS and norm.kind in _BATCH_NORMS and _cancels(layer, norm):
                if program.only_reused(layer):
                    continue
                yield self.finding(
                    layer.place,
                    f"the bias of this `{layer.kind}` is cancelled by the `{norm.kind}` behind it",
                    related=(Related(norm.place, "subtracts the mean of each channel, and the bias with it"),),
                    evidence={"layer": layer.kind, "norm": norm.kind},
                    fix=Fix(
                        "build it with `bias=False`",
                        edits=(SetArgument(layer.place, "bias", "False", _BIAS[layer.kind]),),
                    ),
                )


def _cancels(layer: Layer, norm: Layer) -> bool:
    """Tell whether the norm takes its mean over what the bias is added to: both must speak of the same channels.

    A `Linear` on `(N, T, D)` adds its bias along D, while a `BatchNorm1d` behind it normalises T.
    """
    if is_true(layer.argument(_BIAS[layer.kind], "bias"), default=True) is not True:
        return False
    channels, features = layer.argument(1, "out_channels"), norm.argument(0, "num_features")
    if layer.kind == "Linear":
        channels = layer.argument(1, "out_features")
    if channels is None or features is None:
        return False
    return channels.key == features.key or (layer.kind != "Linear" and not are_constant(channels, features))
