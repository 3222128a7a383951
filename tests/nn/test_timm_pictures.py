"""Pictures as timm's evaluation transform prepares them, without timm, and held against it where it is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.nn.tiny_timm import needs_timm
from touchstone.core.errors import ModelFilesError
from touchstone.nn.families import IMAGE
from touchstone.nn.preprocess import open_preprocessor
from touchstone.nn.timm_pictures import TimmPictures

PLAIN = {"input_size": [3, 8, 8], "mean": [0, 0, 0], "std": [1, 1, 1], "crop_pct": 1.0, "interpolation": "nearest"}
SIZES = ((90, 70), (70, 90), (40, 40), (33, 57), (300, 20))


def _prepared(picture: Any, **more: Any) -> Any:
    settings = {"architecture": "any", "pretrained_cfg": {**PLAIN, **more}}
    return TimmPictures(settings, "mine")([picture])["pixel_values"][0].numpy()


def _columns(width: int, height: int) -> Image.Image:
    """A picture whose red is its column and whose green is its row."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = np.arange(width), np.arange(height)[:, None]
    return Image.fromarray(pixels)


def test_the_middle_of_a_wide_picture_is_cut_out() -> None:
    found = np.rint(255 * _prepared(_columns(24, 8)))
    assert found[0, 0].tolist() == list(range(8, 16)) and found[1, :, 0].tolist() == list(range(8))


def test_the_share_that_is_kept_decides_how_large_the_whole_becomes() -> None:
    found = np.rint(255 * _prepared(_columns(16, 16), crop_pct=0.5))
    assert found[0, 0].tolist() == list(range(4, 12)) and found[1, :, 0].tolist() == list(range(4, 12))


def test_squash_loses_nothing_of_a_wide_picture() -> None:
    found = np.rint(255 * _prepared(_columns(24, 8), crop_mode="squash"))
    assert found[0, 0].tolist() == [1, 4, 7, 10, 13, 16, 19, 22]


def test_border_fills_up_with_the_mean_colour() -> None:
    found = _prepared(Image.new("RGB", (16, 8), (255, 255, 255)), crop_mode="border", mean=[0.2, 0.4, 0.6])
    assert np.abs(found[:, :2]).max() < 1e-6 and np.allclose(found[:, 2:6, :].mean((1, 2)), [0.8, 0.6, 0.4])


def test_pixels_are_scaled_shifted_and_divided() -> None:
    found = _prepared(Image.new("RGB", (8, 8), (255, 0, 51)), mean=[0.5, 0.25, 0.2], std=[0.5, 0.5, 0.1])
    assert np.allclose(found[:, 0, 0], [1.0, -0.5, 0.0], atol=1e-6) and found.dtype == np.float32


def test_what_is_not_said_is_what_timm_takes() -> None:
    found = TimmPictures({"pretrained_cfg": {}}, "mine")
    assert found.size == (224, 224)
    white = found([Image.new("L", (300, 250), 255)])["pixel_values"]
    assert white.shape == (1, 3, 224, 224)
    assert torch.allclose(white[0, :, 0, 0], torch.tensor([2.2489, 2.4286, 2.6400]), atol=1e-4)


def test_the_digest_follows_the_settings(tmp_path: Path) -> None:
    digests = set()
    for number, more in enumerate(
        ({}, {"crop_pct": 0.9}, {"crop_mode": "border"}, {"mean": [0.1, 0, 0]}, {"tag": "x"})
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps({"architecture": "a", "pretrained_cfg": PLAIN | more}))
        digests.add(open_preprocessor(folder, IMAGE).digest)
    assert len(digests) == 4


def test_a_config_without_settings_of_preparation_is_refused() -> None:
    with pytest.raises(ModelFilesError, match="no pretrained_cfg"):
        TimmPictures({"architecture": "resnet18"}, "mine")


@needs_timm
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", ["center", "squash", "border"])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize(("side", "share"), [((32, 32), 0.875), ((32, 32), 1.0), ((24, 40), 0.9), ((64, 64), 0.95)])
def test_it_is_what_timm_makes_of_them(mode: str, interpolation: str, side: tuple[int, int], share: float) -> None:
    from timm.data import create_transform, resolve_data_config

    said = {
        "input_size": [3, *side], "crop_pct": share, "crop_mode": mode, "interpolation": interpolation,
        "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.25, 0.3],
    }  # fmt: skip
    transform = create_transform(**resolve_data_config(said), is_training=False)
    prepare = TimmPictures({"pretrained_cfg": said}, "mine")
    rng = np.random.default_rng(5)
    for width, height in SIZES:
        picture = Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
        found, expected = prepare([picture])["pixel_values"][0], transform(picture)
        assert found.shape == expected.shape and torch.allclose(found, expected, atol=1e-5)
