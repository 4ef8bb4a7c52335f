from torch import nn


def freeze(module):
    """No gradients, and norm layers keep their statistics whatever mode the parent is in."""
    module.requires_grad_(False)
    for m in module.modules():
        if isinstance(m, nn.modules.batchnorm._BatchNorm):
            m.eval()
            m.train = lambda mode=True, m=m: m
    return module
