"""`GradScaler`: scale, unscale, step, update, and the steps it skips."""

from __future__ import annotations

from typing import Any

import torch

from trainlint.operations import Kind, Role
from trainlint.watch.callsite import Site
from trainlint.watch.optimizers import Optimizers
from trainlint.watch.patches import Patches, Switch, around
from trainlint.watch.readings import number_of
from trainlint.watch.scaling import Scaling
from trainlint.watch.scene import Scene

try:
    from torch.amp import GradScaler
except ImportError:  # torch 2.2, where there was one for CUDA only
    from torch.cuda.amp import GradScaler  # type: ignore[assignment]


class Scalers:
    """Sees what a `GradScaler` does; the ones of `torch.cuda.amp` and `torch.cpu.amp` inherit it."""

    def __init__(self, scene: Scene, scaling: Scaling, optimizers: Optimizers, switch: Switch) -> None:
        self._scene = scene
        self._scaling = scaling
        self._optimizers = optimizers
        self._switch = switch

    def install(self, patches: Patches) -> None:
        """Patch the methods of the class."""
        on = self._switch
        patches.overrides(GradScaler, "scale", lambda f: around(f, on, self._scaling_loss, self._scaled))
        patches.overrides(GradScaler, "unscale_", lambda f: around(f, on, self._unscaling, self._unscaled))
        patches.overrides(GradScaler, "step", lambda f: around(f, on, self._stepping, self._stepped, self._aborted))
        patches.overrides(GradScaler, "update", lambda f: around(f, on, self._updating, self._updated))

    def _subject(self, scaler: GradScaler, site: Site) -> int:
        subjects = self._scene.subjects
        known = subjects.find(scaler)
        if known is not None:
            subjects.name(known, site.written.receiver)
            return known
        facts = {"enabled": scaler.is_enabled(), "device": getattr(scaler, "_device", "cuda")}
        return subjects.add(scaler, Role.SCALER, site.written.receiver, self._scene.recorder.step, facts)

    def _scaling_loss(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[GradScaler, Any] | None:
        scaler = args[0]
        if not self._scene.mine() or not scaler.is_enabled():
            return None
        return scaler, args[1] if len(args) > 1 else kwargs.get("outputs")

    def _scaled(self, token: tuple[GradScaler, Any], result: Any) -> None:
        scaler, losses = token
        subject = self._subject(scaler, self._scene.sites.here("scale"))
        scale = scaler._get_scale_async()  # noqa: SLF001 - the public `get_scale` waits for the device
        single = isinstance(losses, torch.Tensor)
        for output in [result] if single else result if isinstance(result, (list, tuple)) else []:
            if isinstance(output, torch.Tensor):
                self._scaling.scaled(
                    subject,
                    None if scale is None else scale.detach().clone(),
                    output,
                    number_of(losses) if single and losses.numel() == 1 else None,
                )

    def _unscaling(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[GradScaler, Any, Site | None] | None:
        if not self._scene.mine() or not args[0].is_enabled():
            return None
        site = self._scene.sites.here("unscale_") if self._scene.inside is None else None
        return args[0], args[1] if len(args) > 1 else kwargs["optimizer"], site

    def _unscaled(self, token: tuple[GradScaler, Any, Site | None], result: None) -> None:
        scaler, optimizer, site = token
        stepper = self._optimizers.of(optimizer, _argument(site))
        self._scaling.unscaled(stepper)
        if site is None:
            return
        number = self._subject(scaler, site)
        self._scene.journal.note(Kind.UNSCALE, site, stepper.model_numbers, stepper.number, None, number)
        for model in stepper.models:
            model.settle()

    def _stepping(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[GradScaler, Any, Site, float] | None:
        if not self._scene.idle():
            return None
        self._scene.inside = "scaler.step"
        self._optimizers.inner_step = None
        optimizer = args[1] if len(args) > 1 else kwargs["optimizer"]
        return args[0], optimizer, self._scene.sites.here("step"), self._scene.recorder.clock()

    def _stepped(self, token: tuple[GradScaler, Any, Site, float], result: Any) -> None:
        scaler, optimizer, site, started = token
        self._scene.inside = None
        seconds = self._scene.recorder.clock() - started
        stepper = self._optimizers.of(optimizer, _argument(site))
        skipped: bool | torch.Tensor = False
        if self._optimizers.inner_step is not None:
            norms, found_inf = self._optimizers.inner_step
            if found_inf is not None:  # the optimizer's own kernel decides, on the device, whether to skip
                skipped = found_inf
        else:
            norms, skipped = self._scene.recorder.measure(stepper, self._scaling.left_in(stepper)), True
        self._optimizers.record(
            Kind.SCALER_STEP, site, optimizer, stepper, seconds, norms, skipped, self._subject(scaler, site)
        )

    def _aborted(self, token: object) -> None:
        self._scene.inside = None

    def _updating(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> GradScaler | None:
        return args[0] if self._scene.idle() else None

    def _updated(self, scaler: GradScaler, result: None) -> None:
        self._scaling.updated()
        site = self._scene.sites.here("update")
        self._scene.journal.note(Kind.SCALER_UPDATE, site, None, scaler=self._subject(scaler, site))


def _argument(site: Site | None) -> str | None:
    return site.written.arguments[0] if site is not None and site.written.arguments else None
