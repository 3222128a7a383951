"""How the frozen lower part is run: by ONNX Runtime where it is convolutional and on a CPU, else by torch.

Activations must be the same in every later run, so this is a rule and not a timing. On two cores ONNX Runtime ran
MobileNetV2 five to nine times as fast as eager torch and kept its speed on a busy machine; on transformers it wins
nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from touchstone.core import digest
from touchstone.nn.engine import fuse_normalisation
from touchstone.nn.evaluation import moved
from touchstone.nn.families import IMAGE, blocks, family_of
from touchstone.nn.onnx_graph import NotExportable, session
from touchstone.nn.split import Batch, SplitModel

FEWEST = 400
"""Images below which writing the graph (some ten seconds, once per architecture and boundary) does not pay."""

Lower = Callable[[Batch], Sequence[Tensor]]
"""From a batch to the activations at a model's boundary, and at further ones below it."""


class LowerGraph(nn.Module):
    """The whole model as a function from pixels to what boundaries keep; an exporter drops what lies above."""

    input_names = ("pixel_values",)

    def __init__(self, model: nn.Module, boundaries: Sequence[int]) -> None:
        super().__init__()
        self.model, self._boundaries = model, tuple(boundaries)
        self._caught: dict[int, Tensor] = {}
        for boundary in self._boundaries:
            blocks(model)[boundary - 1][1].register_forward_hook(partial(self._keep, boundary))

    def _keep(self, boundary: int, part: nn.Module, args: object, output: Tensor | tuple[Tensor, ...]) -> None:
        self._caught[boundary] = output[0] if isinstance(output, tuple) else output

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        self._caught = {}
        self.model(pixel_values=pixels)
        caught, self._caught = self._caught, {}
        return tuple(caught[boundary] for boundary in self._boundaries)


def open_lower(split: SplitModel, sample: Batch, expected: int, cache: Path, below: Sequence[int] = ()) -> Lower:
    """The lower part as a function; ``expected`` examples will go through it, ``sample`` is a batch of two or more.

    ``below`` are boundaries of later trainings, whose activations are on the way.
    """
    parameter = next(split.model.parameters())
    of_images = family_of(split.model).task == IMAGE and is_convolutional(split.model)
    if of_images and expected >= FEWEST and parameter.device.type == "cpu":
        try:
            return _by_onnx(split, sample, cache, below)
        except NotExportable:
            pass
    return _by_torch(split, parameter.device, below)


def is_convolutional(model: nn.Module) -> bool:
    """Whether the model has convolutions beside the one that cuts a picture into patches."""
    return sum(isinstance(part, nn.Conv2d) for part in model.modules()) > 1


def _by_torch(split: SplitModel, on: torch.device, below: Sequence[int]) -> Lower:
    def lower(batch: Batch) -> Sequence[Tensor]:
        with torch.inference_mode():
            return split.lower(moved(batch, on), below)

    return lower


def _by_onnx(split: SplitModel, sample: Batch, cache: Path, below: Sequence[int]) -> Lower:
    model = copy.deepcopy(split.model).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    graph = LowerGraph(model.eval(), (split.boundary, *below))
    fuse_normalisation(graph)
    shapes = [list(parameter.shape) for parameter in graph.parameters()]
    config = {key: str(value) for key, value in model.config.to_dict().items() if key not in ("id2label", "label2id")}
    name = digest.of_data([config, shapes, split.boundary, list(below), torch.__version__]).removeprefix("sha256:")[:24]
    opened = session(graph, sample, cache / "graphs" / f"{name}.onnx", torch.get_num_threads())  # type: ignore[arg-type]

    def lower(batch: Batch) -> Sequence[Tensor]:
        return [torch.from_numpy(part) for part in opened.run(None, {"pixel_values": batch["pixel_values"].numpy()})]

    return lower
