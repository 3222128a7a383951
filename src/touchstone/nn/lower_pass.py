"""How the frozen lower part is run: by ONNX Runtime where it is convolutional and on a CPU, else by torch.

Activations must be the same in every later run, so this is a rule and not a timing. On two cores ONNX Runtime ran
MobileNetV2 five to nine times as fast as eager torch and kept its speed on a busy machine; on transformers it wins
nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
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

Lower = Callable[[Batch], Tensor]


class LowerGraph(nn.Module):
    """The whole model as a function from pixels to the output of one block; an exporter drops what lies above."""

    input_names = ("pixel_values",)

    def __init__(self, model: nn.Module, boundary: int) -> None:
        super().__init__()
        self.model = model
        self._caught: list[Tensor] = []
        blocks(model)[boundary - 1][1].register_forward_hook(self._keep)

    def _keep(self, part: nn.Module, args: object, output: Tensor | tuple[Tensor, ...]) -> None:
        self._caught.append(output[0] if isinstance(output, tuple) else output)

    def forward(self, pixels: Tensor) -> Tensor:
        self._caught = []
        self.model(pixel_values=pixels)
        caught, self._caught = self._caught, []
        return caught[0]


def open_lower(split: SplitModel, sample: Batch, expected: int, cache: Path) -> Lower:
    """The lower part as a function; ``expected`` examples will go through it, ``sample`` is a batch of two or more."""
    parameter = next(split.model.parameters())
    of_images = family_of(split.model).task == IMAGE and is_convolutional(split.model)
    if of_images and expected >= FEWEST and parameter.device.type == "cpu":
        try:
            return _by_onnx(split, sample, cache)
        except NotExportable:
            pass
    return _by_torch(split, parameter.device)


def is_convolutional(model: nn.Module) -> bool:
    """Whether the model has convolutions beside the one that cuts a picture into patches."""
    return sum(isinstance(part, nn.Conv2d) for part in model.modules()) > 1


def _by_torch(split: SplitModel, on: torch.device) -> Lower:
    def lower(batch: Batch) -> Tensor:
        with torch.inference_mode():
            return split.lower(moved(batch, on))

    return lower


def _by_onnx(split: SplitModel, sample: Batch, cache: Path) -> Lower:
    model = copy.deepcopy(split.model).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    graph = LowerGraph(model.eval(), split.boundary)
    fuse_normalisation(graph)
    shapes = [list(parameter.shape) for parameter in graph.parameters()]
    config = {key: str(value) for key, value in model.config.to_dict().items() if key not in ("id2label", "label2id")}
    name = digest.of_data([config, shapes, split.boundary, torch.__version__]).removeprefix("sha256:")[:24]
    opened = session(graph, sample, cache / "graphs" / f"{name}.onnx", torch.get_num_threads())  # type: ignore[arg-type]

    def lower(batch: Batch) -> Tensor:
        return torch.from_numpy(opened.run(None, {"pixel_values": batch["pixel_values"].numpy()})[0])

    return lower
