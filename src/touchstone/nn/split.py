"""A model cut in two at a block: run the frozen lower part once, then train only the upper part.

No model code is rewritten. The lower part is the whole model stopped by a hook after block b. The upper part is the
whole model with the lower blocks' ``forward`` replaced by one that hands back what was recorded, so that whatever a
family does between its blocks (attention masks, relative positions, window sizes) still happens as written there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from touchstone.nn.families import backbone, blocks, executed_below, family_of

Batch = dict[str, Tensor]
"""What a model is called with: ``pixel_values`` (B, 3, H, W), or ``input_ids`` and ``attention_mask`` (B, L)."""

HIDDEN = "hidden"
"""Key under which cached activations stand beside a batch's other tensors."""


class _Reached(Exception):
    """Raised by the hook at the boundary to leave the forward pass; never seen outside this module."""


class SplitModel:
    """A classification model cut below its block number ``boundary`` (0 is the stem, as in ``families.blocks``).

    Parameters
    ----------
    model : its part below the cut never changes: it is computed once, in evaluation mode, and replayed
    boundary : index of the lowest block that runs in the upper part, 1..len(blocks)
    probe : a small batch on which the cut is tried; the upper part must repeat the whole model on it

    Raises
    ------
    SplitError
        where the two parts do not give what the whole gives (a family that carries more than one tensor
        from block to block); train without a cache then
    """

    def __init__(self, model: nn.Module, boundary: int, probe: Batch) -> None:
        self.model = model
        self.boundary = boundary
        self._last = blocks(model)[boundary - 1][1]
        shared = family_of(model).shared
        kept = None if shared is None else backbone(model).get_submodule(shared)
        inner = [inner for _, part in executed_below(model, boundary) for inner in _opened(part, self._last)]
        self._lower = [part for part in inner if part is not kept]
        if self._last not in self._lower:
            self._lower.append(self._last)  # without weights: the pooling that ends a stem
        self._pixels = probe["pixel_values"].shape[1:] if "pixel_values" in probe else None
        self._templates: dict[nn.Module, Any] = {}
        with torch.no_grad(), evaluating(model):
            self._record(probe)
            self._verify(probe)

    def lower(self, batch: Batch, below: Sequence[int] = ()) -> tuple[Tensor, ...]:
        """Activations after the lower part, shape (B, ...), of the whole model's own inputs; and on the way there what
        the boundaries ``below`` would have kept.
        """

        def leave(module: nn.Module, args: Any, output: Any) -> None:
            caught[self.boundary] = _first_tensor(output)
            raise _Reached

        def pass_by(boundary: int) -> Callable[..., None]:
            def keep(module: nn.Module, args: Any, output: Any) -> None:
                caught[boundary] = _first_tensor(output).clone()  # what follows may work in place

            return keep

        caught: dict[int, Tensor] = {}
        parts = blocks(self.model)
        handles = [parts[boundary - 1][1].register_forward_hook(pass_by(boundary)) for boundary in below]
        handles.append(self._last.register_forward_hook(leave))
        try:
            self.model(**batch)
        except _Reached:
            pass
        finally:
            for handle in handles:
                handle.remove()
        return tuple(caught[boundary] for boundary in (self.boundary, *below))

    def upper(self, batch: Batch) -> Tensor:
        """Logits (B, classes) from cached activations (``hidden``) and, for texts, the token tensors beside them."""
        inputs = {name: value for name, value in batch.items() if name != HIDDEN}
        hidden = batch[HIDDEN]
        if self._pixels is not None:
            # Never read: the stem is replayed. A view of one zero costs no memory.
            inputs["pixel_values"] = hidden.new_zeros(1).expand(len(hidden), *self._pixels)
        with self._replaying(hidden):
            logits: Tensor = self.model(**inputs).logits
        return logits

    @contextmanager
    def _replaying(self, hidden: Tensor) -> Iterator[None]:
        replaced = list(self._templates)
        for module in replaced:
            stands_in = self._pixels is not None and module is not self._last
            module.forward = _replay(self._templates[module], hidden, stands_in)
        try:
            yield
        finally:
            for module in replaced:
                del module.forward

    def _record(self, probe: Batch) -> None:
        """Keep the shape of what every lower module returns: which places are tensors, and the rest as it is.

        What runs after the last lower block (a final normalisation) runs in the upper part, frozen or not. Of pictures
        also an activation between lower modules is replaced, which would else be applied in place to a stand-in.
        """
        calls = Counter[nn.Module]()

        def keep(module: nn.Module, args: Any, output: Any) -> None:
            calls[module] += 1
            if self._last not in self._templates:
                self._templates[module] = _template(output)

        watched = [*self._lower, *(self._between() if self._pixels is not None else ())]
        handles = [module.register_forward_hook(keep) for module in watched]
        try:
            self.model(**probe)
        finally:
            for handle in handles:
                handle.remove()
        again = [module for module in self._templates if calls[module] > 1 and _is_weightless(module)]
        for module in again:
            del self._templates[module]  # it may run above the cut, too

    def _between(self) -> list[nn.Module]:
        """Modules without weights that are no part of a lower module."""
        inside = {inner for part in self._lower for inner in part.modules()}
        outside = (part for part in self.model.modules() if part not in inside and next(part.children(), None) is None)
        return [part for part in outside if _is_weightless(part)]

    def _verify(self, probe: Batch) -> None:
        whole = self.model(**probe).logits
        try:
            parts = self.upper({**_without_pixels(probe), HIDDEN: self.lower(probe)[0]})
        except RuntimeError as fault:
            raise SplitError(f"the part above block {self.boundary} does not run alone ({fault})") from fault
        if not torch.allclose(whole, parts, rtol=1e-3, atol=1e-4 * float(whole.abs().max() + 1)):
            raise SplitError(f"the parts above and below block {self.boundary} do not give what the whole model gives")


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode inside the block; afterwards every module is in the mode it was in."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


class SplitError(Exception):
    """This model cannot be cut at this block."""


def _opened(part: nn.Module, last: nn.Module) -> list[nn.Module]:
    """The module itself, or the modules in it where it goes on after ``last`` has run."""
    holds_last = part is not last and any(inner is last for inner in part.modules())
    if not holds_last and not isinstance(part, nn.ModuleList):
        return [part]
    return [inner for child in part.children() for inner in _opened(child, last)]


def _is_weightless(part: nn.Module) -> bool:
    return next(part.parameters(), None) is None


def _without_pixels(batch: Batch) -> Batch:
    return {name: value for name, value in batch.items() if name != "pixel_values"}


def _first_tensor(output: Any) -> Tensor:
    if isinstance(output, Tensor):
        return output
    for part in output.values() if hasattr(output, "values") else output:
        if isinstance(part, Tensor):
            return part
    raise SplitError("a block returns no tensor")


def _template(output: Any) -> Any:
    """The output with every tensor replaced by its shape; sizes and None stay as they are."""
    if isinstance(output, Tensor):
        return _Shape(output.shape)
    if isinstance(output, tuple | list):
        return type(output)(_template(part) for part in output)
    return output


class _Shape(tuple[int, ...]):
    """Where a tensor stood."""


def _replay(template: Any, hidden: Tensor, stands_in: bool) -> Callable[..., Any]:
    """A ``forward`` that gives ``hidden``, or where it only ``stands_in`` zeros of the shape that is expected there.

    What a model does between lower modules (a class token, positions) then meets what it can work on; nothing reads it.
    """

    def filled(part: Any) -> Any:
        if isinstance(part, _Shape):
            return hidden.new_zeros(1).expand(len(hidden), *part[1:]) if stands_in else hidden
        if isinstance(part, tuple | list):
            return type(part)(filled(inner) for inner in part)
        return part

    def forward(*args: Any, **kwargs: Any) -> Any:
        return filled(template)

    return forward
