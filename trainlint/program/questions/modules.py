"""Questions about models and their layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from trainlint.finding import Place
from trainlint.operations import Kind
from trainlint.program.anatomy import Layer, acts_by_mode, batch_norms_of, layer_of
from trainlint.program.questions.source import Source
from trainlint.program.reachable import modules_in
from trainlint.program.readings import readings
from trainlint.program.records import Called
from trainlint.program.tensors import Parameters
from trainlint.program.torch_api import DISTRIBUTED_WRAPPERS
from trainlint.program.values import Object, Value

_CHANGES = frozenset({Kind.BACKWARD, Kind.OPTIMIZER_STEP, Kind.SCALER_STEP, Kind.UNKNOWN})


class Modules(Source):
    """What models are made of."""

    @cached_property
    def feeds(self) -> list[tuple[Layer, Layer]]:
        """Pairs of layers: wherever the first is applied, its output goes into the second's kind and nothing else."""
        applications, reads = self._interpreter.applications, self._interpreter.reads
        followed = [
            (number, application)
            for number, application in enumerate(applications)
            if application.within.ident not in self._interpreter.taken_apart
        ]
        consumers: dict[int, Layer] = {}
        for _, application in followed:
            source = application.source
            if source is not None and applications[source].block == application.block and reads[source] <= 1:
                consumer = layer_of(application.layer)
                if consumer is not None:
                    consumers[source] = consumer
        fed: dict[Place, list[tuple[Layer, Layer | None]]] = {}
        for number, application in followed:
            layer = layer_of(application.layer)
            if layer is not None:
                fed.setdefault(layer.place, []).append((layer, consumers.get(number)))
        pairs = []
        for ways in fed.values():
            layer, consumer = ways[0]
            if consumer is not None and {None if c is None else c.kind for _, c in ways} == {consumer.kind}:
                pairs.append((layer, consumer))
        return pairs

    def acts_by_mode(self, model: Value) -> list[Layer]:
        """Return the layers of a model that act otherwise in training than in eval mode."""
        return acts_by_mode(model, self._interpreter.interest.asks_for_mode)

    def batch_norms(self, model: Value) -> list[Layer]:
        """Return the batch-norm layers that normalise, for sure, over the samples that the model is given.

        Where other axes are folded into the batch axis on the way to the layer, or the way is not known, it counts as
        unsure.
        """
        followed, like = self._followed_for(model)
        folded: dict[int, bool] = {}
        for application in self._interpreter.applications:
            if application.within is followed:
                ident = application.layer.ident
                folded[ident] = folded.get(ident, False) or application.folded
        idents = ((layer, layer.module.ident) for layer in batch_norms_of(model))
        return [layer for layer, ident in idents if folded.get(like.get(ident, ident)) is False]

    def _followed_for(self, model: Value) -> tuple[Value, Mapping[int, int]]:
        """Return the module whose forward was followed for this one, and the numbers of parts there by those here."""
        twin = self._interpreter.twins.get(model.ident) if isinstance(model, Object) else None
        return (model, {}) if twin is None else (twin.first, twin.parts)

    def modules_around(self, call: Called) -> Iterator[Object]:
        """Yield the modules whose forwards a call belongs to: the one that was followed, and others that are alike."""
        again = [module for first, last, module in self._interpreter.retraced if first <= call.number <= last]
        around = {module.ident for module in again} | ({call.within.ident} if call.within is not None else set())
        twins = self._interpreter.twins
        for module in self.objects:
            if module.ident in around or (module.ident in twins and twins[module.ident].first.ident in around):
                yield module

    def frozen_at(self, part: Object) -> Place | None:
        """Return where all parameters of a part are told not to record gradients; `None` where that is not known."""
        for call in self.calls(".requires_grad_"):
            frozen = call.receiver
            if frozen is part or (isinstance(frozen, Parameters) and part in (frozen.of or ())):
                return call.place
        for assigned in self.assigned:
            owner = assigned.owner
            if assigned.name == "requires_grad" and isinstance(owner, Parameters) and part in (owner.of or ()):
                return assigned.place
        return None

    def only_reused(self, layer: Layer) -> bool:
        """Tell whether each of these layers that the program makes is loaded from a checkpoint, and none is trained."""
        return all(each.ident in self._reused for each in self.objects if each.place == layer.place)

    @cached_property
    def _reused(self) -> set[int]:
        """The numbers of the modules whose weights are loaded, and that nothing here trains."""
        loaded, trained = set[object](), set[object]()
        for root in self.roots:
            changes = [operation.models for operation in root.operations if operation.kind in _CHANGES]
            trained.update(subject.ident for models in changes for subject in models or ())
            models = [module for model in root.loaded for module in modules_in(model)]
            (trained if None in changes else loaded).update(m.ident for m in models if isinstance(m, Object))
        return {ident for ident in loaded - trained if isinstance(ident, int)}

    def made_parallel(self, model: Value) -> Called | None:
        """Return the call that wraps a model in `DistributedDataParallel`, where one does."""
        for call in self.calls(*DISTRIBUTED_WRAPPERS):
            given = call.arguments.get(0, "module")
            if given is not None and any(reading is model for reading in readings(given)):
                return call
        return None

    def looks_at(self, owner: Object, name: str) -> bool:
        """Tell whether an attribute of an object is read anywhere, other than to call it at once."""
        return (owner.ident, name) in self._interpreter.looked_at

    def used_in_forward(self, owner: Object, name: str) -> bool:
        """Tell whether an attribute of a module is read inside a forward."""
        return (owner.ident, name) in self._interpreter.used
