"""Gradient norms of each parameter, by fused kernels, left on the device."""

# ruff: noqa: SLF001 - torch has no public name for the fused kernels

from __future__ import annotations

import math
from collections.abc import Sequence

import torch


def norms(gradients: list[torch.Tensor], scale: torch.Tensor | None = None) -> list[torch.Tensor]:
    """Return the L2 norm of each gradient, on its device, divided by the loss scale that is still in them.

    Half precision is summed in float32. A sharded gradient (DTensor) gives the norm of the local shard: that
    of the whole would take a collective call.
    """
    first = gradients[0]
    if type(first) is not torch.Tensor:
        gradients = [getattr(gradient, "to_local", lambda here=gradient: here)() for gradient in gradients]
    if first.requires_grad:  # kept for a second derivative
        gradients = [gradient.detach() for gradient in gradients]
    kinds = {gradient.dtype for gradient in gradients}
    try:
        if len(kinds) == 1 and first.dtype in (torch.float32, torch.float64):
            found = torch._foreach_norm(gradients)
        else:
            found = torch._foreach_norm(gradients, 2, dtype=torch.float32)
    except (RuntimeError, NotImplementedError, TypeError):  # sparse, several kinds, or an older torch
        found = tuple(_norm(gradient) for gradient in gradients)
    if scale is not None:
        found = torch._foreach_mul(found, scale.double().reciprocal().float())
    return list(found)


def total(parts: Sequence[float]) -> float:
    """Return the norm of all gradients together from the norm of each."""
    if any(map(math.isnan, parts)):
        return math.nan  # hypot(inf, nan) is inf
    return math.hypot(*parts)


def _norm(gradient: torch.Tensor) -> torch.Tensor:
    if gradient.layout is not torch.strided:
        gradient = gradient.coalesce().values()
    kind = torch.promote_types(gradient.dtype, torch.float32)
    norm: torch.Tensor = torch.linalg.vector_norm(gradient, dtype=kind)
    return norm
