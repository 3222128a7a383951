"""A tiny study: generated pictures, two tiny bases, everything real."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

STUDY = """\
touchstone: 1
name: shapes
intended_use: {purpose: tell shapes apart, use: research, owner: tests}
task: image-classification
data:
  train: data
base_models: [bases/one, bases/two]
adapt: {seeds: 2}
"""


def draw_shapes(folder: Path, n: int, seed: int = 0) -> None:
    """Discs, squares and crosses on noise, a folder per class."""
    rng = np.random.default_rng(seed)
    for kind in ("cross", "disc", "square"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for i in range(n):
            picture = Image.fromarray(rng.integers(0, 90, (32, 32, 3), dtype=np.uint8))
            pen, colour = ImageDraw.Draw(picture), tuple(int(c) for c in rng.integers(120, 256, 3))
            x, y, r = (int(v) for v in (rng.integers(11, 21), rng.integers(11, 21), rng.integers(5, 10)))
            if kind == "disc":
                pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)
            elif kind == "square":
                pen.rectangle((x - r, y - r, x + r, y + r), fill=colour)
            else:
                pen.line((x - r, y, x + r, y), fill=colour, width=3)
                pen.line((x, y - r, x, y + r), fill=colour, width=3)
            picture.save(folder / kind / f"{i:03}.png")


def save_base(folder: Path, seed: int) -> None:
    """A tiny MobileNetV1 with its preprocessor, in Hugging Face layout."""
    import torch
    from transformers import MobileNetV1Config, MobileNetV1ForImageClassification

    torch.manual_seed(seed)
    config = MobileNetV1Config(depth_multiplier=0.25, min_depth=8, image_size=32, num_labels=4)
    model = MobileNetV1ForImageClassification(config).train()
    with torch.no_grad():
        for _ in range(30):  # settle the normalisation statistics, else the signal dies
            model(torch.randn(32, 3, 32, 32))
    model.eval().save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(
        '{"image_processor_type": "MobileNetV1ImageProcessor", "do_resize": true, "size": {"shortest_edge": 32},'
        ' "do_center_crop": true, "crop_size": {"height": 32, "width": 32}, "do_rescale": true,'
        ' "rescale_factor": 0.00392156862745098, "do_normalize": true, "image_mean": [0.5, 0.5, 0.5],'
        ' "image_std": [0.5, 0.5, 0.5]}'
    )


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data, bases and a study file."""
    root = tmp_path_factory.mktemp("workshop")
    draw_shapes(root / "data", 40)
    save_base(root / "bases" / "one", 1)
    save_base(root / "bases" / "two", 2)
    (root / "study.yaml").write_text(STUDY)
    return root
