import torch

OPTIMIZERS = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}
DEFAULTS = {"adam": dict(lr=1e-3, weight_decay=5e-4), "sgd": dict(lr=0.05, momentum=0.9)}


def build_optimizer(name, net):
    return OPTIMIZERS[name](net.parameters(), **DEFAULTS[name])  # HERE
