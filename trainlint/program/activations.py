"""Which functions and layers of torch make which numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum


class Activation(str, Enum):
    """What the numbers of a tensor are, by what gave them."""

    KEPT = "kept"  # what they were before: reshaped, moved, dropped out
    LINEAR = "linear"  # any number: straight out of a linear layer or a convolution
    SOFTMAX = "softmax"
    LOG_SOFTMAX = "log-softmax"
    SIGMOID = "sigmoid"
    LOG_SIGMOID = "log-sigmoid"
    TANH = "tanh"


def _named(kinds: Mapping[Activation, str]) -> dict[str, Activation]:
    return {name: kind for kind, names in kinds.items() for name in names.split()}


LAYERS = _named(
    {
        Activation.KEPT: "Identity Flatten Unflatten Dropout Dropout1d Dropout2d Dropout3d Upsample PixelShuffle"
        " UpsamplingBilinear2d UpsamplingNearest2d",
        Activation.LINEAR: "Linear Bilinear LazyLinear Conv1d Conv2d Conv3d LazyConv1d LazyConv2d LazyConv3d"
        " ConvTranspose1d ConvTranspose2d ConvTranspose3d",
        Activation.SOFTMAX: "Softmax Softmax2d",
        Activation.LOG_SOFTMAX: "LogSoftmax AdaptiveLogSoftmaxWithLoss",
        Activation.SIGMOID: "Sigmoid",
        Activation.LOG_SIGMOID: "LogSigmoid",
        Activation.TANH: "Tanh",
    }
)
FUNCTIONS = _named(
    {
        Activation.LINEAR: "torch.nn.functional.linear torch.nn.functional.conv1d torch.nn.functional.conv2d"
        " torch.nn.functional.conv3d torch.nn.functional.conv_transpose2d",
        Activation.SOFTMAX: "torch.softmax torch.nn.functional.softmax torch.special.softmax .softmax",
        Activation.LOG_SOFTMAX: "torch.log_softmax torch.nn.functional.log_softmax torch.special.log_softmax"
        " .log_softmax",
        Activation.SIGMOID: "torch.sigmoid torch.nn.functional.sigmoid torch.special.expit .sigmoid torch.sigmoid_"
        " .sigmoid_",
        Activation.LOG_SIGMOID: "torch.nn.functional.logsigmoid",
        Activation.TANH: "torch.tanh torch.nn.functional.tanh .tanh .tanh_",
    }
)
DATA_PARALLEL = "torch.nn.parallel.data_parallel"
PROBABILITIES = (Activation.SOFTMAX, Activation.SIGMOID)
LOGS = {Activation.SOFTMAX: Activation.LOG_SOFTMAX, Activation.SIGMOID: Activation.LOG_SIGMOID}
CLIPS = {"clamp", "clamp_", "clip", "clip_", "clamp_min"}
KEEPS = {
    *(
        "view",
        "reshape",
        "squeeze",
        "squeeze_",
        "unsqueeze",
        "unsqueeze_",
        "flatten",
        "unflatten",
        "ravel",
        "contiguous",
    ),
    *("permute", "transpose", "swapaxes", "swapdims", "movedim", "t", "expand", "expand_as", "view_as", "reshape_as"),
    *("chunk", "split", "unbind", "narrow", "select", "index_select", "masked_select", "gather", "take_along_dim"),
    *(
        "to",
        "cuda",
        "cpu",
        "float",
        "double",
        "half",
        "bfloat16",
        "type",
        "type_as",
        "clone",
        "detach",
        "requires_grad_",
    ),
    *("cat", "concat", "stack", "Variable", "dropout", "dropout2d", "interpolate", "upsample", "pixel_shuffle"),
}
# Ready-made models of torchvision that classify, and the names under which they keep their last layer.
CLASSIFIERS = re.compile(
    r"torchvision\.models\.(?:\w+\.)?(?:resnet|resnext|wide_resnet|vgg|alexnet|densenet|mobilenet|efficientnet|shufflenet"
    r"|mnasnet|squeezenet|regnet|convnext|vit_|swin_|maxvit)\w*$"
)
HEADS = ("fc", "classifier", "head", "heads")
