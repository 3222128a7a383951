"""Fine-tuning the top blocks from cached activations against sending every picture through the whole base."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.material import pictures, vision_base
from benchmarks.plain import top_blocks
from benchmarks.ratio import Ratio, alternate
from touchstone.core.progress import Silent
from touchstone.core.recipe import Recipe
from touchstone.nn.assembly import TrainingData
from touchstone.nn.train import fine_tune

TOP = {
    1: ("classifier", "mobilenet_v2.conv_1x1"),
    3: ("classifier", "mobilenet_v2.conv_1x1", "mobilenet_v2.layer.15", "mobilenet_v2.layer.14"),
}
EPOCHS = 8


def measure(folder: Path, rounds: int) -> Iterator[Ratio]:
    """The cache is made anew in every round, so its price is in the figure."""
    base = vision_base(folder)
    data = pictures(192, 1, side=224)
    images = [data.inputs[i] for i in range(len(data))]
    labels = [int(label) for label in data.labels]
    split = TrainingData(data, data.take(np.arange(16)), ("a", "b"))
    for top, names in TOP.items():
        turns = iter(range(10_000))

        def ours(top: int = top, turns: Iterator[int] = turns) -> None:
            turn = next(turns)
            recipe = Recipe(f"top-{top}", layers=top, learning_rate=1e-3, epochs=EPOCHS, augment="none", user=True)
            place = folder / f"{top}-{turn}"
            fine_tune(base, recipe, split, seed=0, head=None, folder=place, cache=place / "cache", progress=Silent())

        def theirs(names: tuple[str, ...] = names) -> None:
            top_blocks(base.path, names, images, labels, EPOCHS)

        yield Ratio(f"top {top}, {EPOCHS} epochs, cache over live", alternate(ours, theirs, rounds), "under 1.0")
