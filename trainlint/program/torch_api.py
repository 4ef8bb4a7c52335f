"""What the names of PyTorch and its companions mean to training, by dotted name."""

from __future__ import annotations

import re
from functools import lru_cache

from trainlint.operations import Role

# What everybody means by a name that a snippet or notebook cell does not import.
CONVENTIONAL = {
    "torch": "torch",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "optim": "torch.optim",
    "DataLoader": "torch.utils.data.DataLoader",
}

# https://docs.pytorch.org/docs/stable/notes/autograd.html#locally-disabling-gradient-computation
GRAD_CONTEXTS = {"no_grad": False, "inference_mode": False, "enable_grad": True}
_GRAD_HOMES = ("torch.", "torch.autograd.", "torch.autograd.grad_mode.")

CLIPPERS = {"clip_grad_norm_", "clip_grad_norm", "clip_grad_value_", "clip_grads_with_norm_"}
_CLIP_HOMES = ("torch.nn.utils.", "torch.nn.utils.clip_grad.")

# Wrappers that stand for the model they are given: its parameters, mode and forward are the model's own.
MODEL_WRAPPERS = {
    "torch.nn.DataParallel",
    "torch.nn.parallel.DataParallel",
    "torch.nn.parallel.DistributedDataParallel",
    "torch.nn.parallel.distributed.DistributedDataParallel",
    "torch.compile",
    "torch.jit.script",
    "apex.parallel.DistributedDataParallel",
    "torch.nn.utils.weight_norm",
    "torch.nn.utils.spectral_norm",
    "torch.nn.utils.parametrizations.weight_norm",
    "torch.nn.utils.parametrizations.spectral_norm",
    "torch.nn.utils.parametrizations.orthogonal",
}
# Those that train a copy on each rank and share the gradients, but no buffers' statistics.
DISTRIBUTED_WRAPPERS = ("torch.nn.parallel.DistributedDataParallel", "apex.parallel.DistributedDataParallel")
SYNC_BATCHNORM = {
    "torch.nn.SyncBatchNorm.convert_sync_batchnorm",
    "apex.parallel.convert_syncbn_model",
}

# Constructors of whole models whose layers are not read: they come in training mode.
MODEL_FACTORIES = re.compile(
    r"torchvision\.models\.(\w+\.)*[a-z]\w*$"
    r"|timm\.(models\.)?create_model$"
    r"|segmentation_models_pytorch\.[A-Z]\w*$"
    r"|efficientnet_pytorch\.EfficientNet\.(from_pretrained|from_name)$"
)
# Those among them that are built with batch norm.
BATCH_NORM_FACTORIES = re.compile(
    r"torchvision\.models\.(\w+\.)*((wide_)?resne[tx]t?\w*|densenet\w*|mobilenet\w*|efficientnet\w*|mnasnet\w*"
    r"|googlenet|inception_v3|shufflenet\w*|regnet\w*|vgg\d+_bn|(deeplabv3|fcn|lraspp)_\w+|r3d_18|mc3_18|r2plus1d_18)$"
)
# `PreTrainedModel.from_pretrained` calls `eval()`:
# https://huggingface.co/docs/transformers/main_classes/model#transformers.PreTrainedModel.from_pretrained
BORN_IN_EVAL = re.compile(r"(transformers|diffusers)\..*\.from_pretrained$")

# Each gives a scheduler of torch: https://huggingface.co/docs/transformers/main_classes/optimizer_schedules
_TRANSFORMERS_SCHEDULES = re.compile(r"transformers\.(optimization\.)?get_(scheduler|\w+_schedule(_with_\w+)?)$")

_NO_LAYERS = (
    "torch.nn.functional.",
    "torch.nn.init.",
    "torch.nn.utils.",
    "torch.nn.Parameter",
    "torch.nn.Buffer",
    "torch.nn.parameter.",
)

# Loaders whose `batch_size` counts samples of which each gives one row to the model.
LOADERS = {"torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader"}
SCALERS = {"GradScaler", "ShardedGradScaler"}

# Calls that iterate over what they are given, element by element, at the given position.
ITERATES = {
    "builtins.iter": 0,
    "builtins.list": 0,
    "builtins.tuple": 0,
    "builtins.reversed": 0,
    "builtins.sorted": 0,
    "itertools.islice": 0,
    "itertools.cycle": 0,
    "tqdm.tqdm": 0,
    "tqdm.trange": 0,
    "tqdm.auto.tqdm": 0,
    "tqdm.notebook.tqdm": 0,
    "tqdm.tqdm_notebook": 0,
    "rich.progress.track": 0,
}

# Calls that make a tensor without a graph, whatever they are given.
MAKES_LEAVES = re.compile(
    r"torch\.(tensor|Tensor|from_numpy|(cuda\.)?(Float|Double|Half|Long|Int|Bool)Tensor|autograd\.Variable"
    r"|(zeros|ones|empty|full|rand|randn|randint)(_like)?|arange|linspace|eye|randperm|nn\.Parameter|nn\.parameter\.Parameter)$"
)

# Losses that are a mean over the batch unless `reduction` says otherwise; modules when they are applied.
GIVES_MEAN = re.compile(
    r"torch\.nn\.(\w+Loss|functional\.(\w+_loss|cross_entropy|binary_cross_entropy(_with_logits)?|kl_div))$"
)

# Calls that look at what they are given and change nothing of it.
_HARMLESS = re.compile(
    r"(builtins|torch|numpy|math|os|sys|time|json|logging|random|collections|itertools|matplotlib|wandb|tqdm|rich"
    r"|torchsummary|torchinfo|thop|fvcore|warnings|pprint|datetime|pathlib|copy|sklearn|scipy|PIL|cv2|pandas"
    r"|tensorboardX|torchmetrics|einops|contextlib|functools|trainlint)\."
)

# A module whose steps the framework calls, with a batch: none of them is a loop.
LIGHTNING_MODULE = re.compile(r"(pytorch_lightning|lightning)\.(\w+\.)*LightningModule$")
LIGHTNING_STEPS = ("training_step", "validation_step", "test_step", "shared_step")

# Frameworks that run the loop themselves: mode, autograd and the order of operations are theirs.
FRAMEWORKS = re.compile(
    r"(pytorch_lightning|lightning|transformers\.(\w+\.)*\w*Trainer|fastai|ignite|catalyst|detectron2|mmcv|mmengine"
    r"|composer|poutyne|skorch)\b"
)


_SUBMODULES = re.compile(
    r"(torch\.nn\.)modules\.\w+\.|(torch\.nn\.utils\.)clip_grad\.|(torch\.nn\.parallel\.)(?:distributed|data_parallel)\."
    r"|(torch\.optim\.)(?!lr_scheduler\.|swa_utils\.)\w+\.|(torch\.)autograd\.(?:grad_mode\.)?(?=\w*_grad|inference)"
    r"|(torch\.utils\.data\.)(?:dataloader|dataset|sampler|distributed)\."
    r"|(torch\.(?:cuda\.)?amp\.)(?:autocast_mode|grad_scaler)\."
)


@lru_cache(maxsize=4096)
def canonical(dotted: str) -> str:
    """Return the public name of something of torch that is also reached through the module that defines it."""
    return _SUBMODULES.sub(lambda match: next(filter(None, match.groups())), dotted, count=1)


@lru_cache(maxsize=4096)
def role_of_constructor(dotted: str) -> Role | None:
    """Return what calling this name makes, or `None` where it makes nothing that training is about."""
    home, _, last = dotted.rpartition(".")
    if dotted in LOADERS:
        return Role.LOADER
    if last in SCALERS and ("amp" in home or "grad_scaler" in home or home.startswith("torch.")):
        return Role.SCALER
    if home.startswith("torch.optim"):
        if not last.lstrip("_")[:1].isupper() or last == "AveragedModel":
            return None
        return Role.SCHEDULER if ("lr_scheduler" in home or "swa_utils" in home) else Role.OPTIMIZER
    if dotted.startswith("torch.nn.") and last[:1].isupper() and not dotted.startswith(_NO_LAYERS):
        return Role.MODEL
    if MODEL_FACTORIES.match(dotted) or BORN_IN_EVAL.match(dotted) or LIGHTNING_MODULE.match(dotted):
        return Role.MODEL
    if _TRANSFORMERS_SCHEDULES.match(dotted):
        return Role.SCHEDULER
    if re.search(r"\boptim(izers?)?\b", home) and last[:1].isupper():
        return Role.OPTIMIZER
    return None


def optimizer_position(dotted: str) -> int:
    """Return where the constructor of a scheduler takes the optimizer."""
    return 1 if dotted.endswith(".get_scheduler") else 0


@lru_cache(maxsize=4096)
def grad_context(dotted: str) -> bool | None:
    """Return what entering this context does to autograd: on, off, or (`None`) nothing."""
    home, _, last = dotted.rpartition(".")
    return GRAD_CONTEXTS.get(last) if f"{home}." in _GRAD_HOMES else None


@lru_cache(maxsize=4096)
def clips_gradients(dotted: str) -> bool:
    """Tell whether this function of torch clips gradients in place."""
    home, _, last = dotted.rpartition(".")
    return last in CLIPPERS and f"{home}." in _CLIP_HOMES


@lru_cache(maxsize=4096)
def is_harmless(dotted: str) -> bool:
    """Tell whether a call of this name leaves models, optimizers and scalers as they were."""
    return _HARMLESS.match(dotted) is not None


# Names as evidence of last resort: only for values that nothing else is known of.
_ROLE_NAMES = (
    (Role.SCALER, re.compile(r"scaler(_?\w)?$", re.I)),
    (Role.SCHEDULER, re.compile(r"sched(uler)?s?(_?\w{1,2})?$", re.I)),
    (
        Role.OPTIMIZER,
        re.compile(r"(?i:(optimi[sz]er|optim(?!i[sz]))s?(_?\w{1,4})?)$|(^|_)opt_?[A-Z]$|^opt_[a-z]{1,4}$"),
    ),
    (Role.LOADER, re.compile(r"loaders?(_?\w)?$|(^|_)dl$", re.I)),
    (
        Role.MODEL,
        re.compile(
            r"(model|net|network|encoder|decoder|generator|discriminator|critic|backbone)"
            r"(_?[a-zA-Z]|_?\d|_ema|_without_ddp)?$",
            re.I,
        ),
    ),
)


@lru_cache(maxsize=4096)
def role_by_name(name: str) -> Role | None:
    """Guess what a name stands for."""
    last = name.rpartition(".")[2]
    return next((role for role, pattern in _ROLE_NAMES if pattern.search(last)), None)


_STEPS = re.compile(r"(?<!non)zero(?!s)|grad|step|optim|backward|train", re.I)
_CHANGES = re.compile(r"(^|_)(fit|update|clear|reset|run|accumulate|prepare|initialize)(?![a-z])", re.I)
_AVERAGES = re.compile(r"(^|[_.])(\w*ema|swa|averaged?|shadow)(_\w+)?\.\w+$", re.I)
_LOOKS = re.compile(
    r"(?i:(^|_)(save|log|print|get|write|dump|store|export|summar\w*|report|count|checkpoint|state|lr|learning_rate"
    r"|parse|profile)(?![a-z]))|^_?[A-Z]+[a-z0-9](?!\w*(Trainer|Engine|Runner))"  # what makes an object as well
)


def sounds_like_a_step(name: str) -> bool:
    """Tell whether a call of this name may be part of a training step, whatever it is given."""
    return bool(_STEPS.search(name))


def sounds_like_a_change(name: str, written: str) -> bool:
    """Tell whether a call of this name may also clear or set gradients of what it is given.

    `written` is all of what is called: the average of a model only reads it.
    """
    return bool(_STEPS.search(name) or (_CHANGES.search(name) and not _AVERAGES.search(written)))


def sounds_like_a_look(name: str) -> bool:
    """Tell whether a call of this name looks at what it is given, keeps it, or sets a learning rate."""
    return bool(_LOOKS.search(name)) and not sounds_like_evaluation(name)


_SHORT = r"(val|dev)(?=$|[^a-z]|loader|data|set|dl|iter)"  # not `value` or `device`
_HELD_OUT = re.compile(rf"(^|_|\b)(test|tst|valid|eval|holdout|{_SHORT})", re.I)
_EVALUATES = re.compile(rf"(^|_|\b)(test|valid|eval|infer|predict|{_SHORT})", re.I)
_TRAINS = re.compile(r"train|(^|_|\b)(fit|trn|calib|recalib|precise|update_bn|bn_update)", re.I)


def sounds_held_out(name: str) -> bool:
    """Tell whether a loader or data are named as held out for evaluation, and not also for training."""
    return bool(_HELD_OUT.search(name)) and not _TRAINS.search(name)


def sounds_like_evaluation(name: str) -> bool:
    """Tell whether a function is named as one that evaluates, and not also as one that trains."""
    return bool(_EVALUATES.search(name)) and not _TRAINS.search(name)


def sounds_like_training(name: str) -> bool:
    """Tell whether a function is named as one that trains."""
    return bool(_TRAINS.search(name))
