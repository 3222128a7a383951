"""Pictures as a timm model was evaluated on them: what its pretrained_cfg says, through PIL alone.

The definition is that of timm's evaluation transform. ``crop_pct`` is the share of the resized picture that is kept:
the short side is resized to ``size / crop_pct`` and the middle cut out (center), both sides are (squash), or the long
side is and the rest filled with the mean colour (border).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from touchstone.core import digest
from touchstone.core.errors import Fault, ModelFilesError

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_CROP_PCT = 0.875
_METHODS = ("nearest", "bilinear", "bicubic", "box", "hamming", "lanczos")
_MODES = ("center", "squash", "border")
_LARGEST = 4096


class TimmPictures:
    """PIL images in RGB to ``pixel_values``, float32 of shape (B, 3, H, W).

    Parameters
    ----------
    config : config.json as read
    written : the model's name in messages

    Raises
    ------
    ModelFilesError
        where ``pretrained_cfg`` is absent or asks for what is not known here
    """

    def __init__(self, config: dict[str, Any], written: str) -> None:
        said = config.get("pretrained_cfg")
        if not isinstance(said, dict):
            what = "its config.json has no pretrained_cfg, so its pictures cannot be prepared"
            raise ModelFilesError(Fault(written, what, "save the model with timm"))
        self.size = input_size(config, written)
        self.fixed = bool(said.get("fixed_input_size"))
        self._method = str(said.get("interpolation") or "bicubic")
        self._mode = str(said.get("crop_mode") or "center")
        self._kept = said.get("crop_pct") or _CROP_PCT
        self._mean, self._std = (
            _three(said.get(name), usual, name, written) for name, usual in (("mean", _MEAN), ("std", _STD))
        )
        if self._method not in _METHODS or self._mode not in _MODES:
            what = f"its pictures are prepared by {self._method} and {self._mode}, which are not known here"
            mend = f"interpolation is one of {', '.join(_METHODS)}; crop_mode one of {', '.join(_MODES)}"
            raise ModelFilesError(Fault(written, ascii(what)[1:-1][:200], mend))
        if not isinstance(self._kept, int | float) or not 0.1 <= self._kept <= 10 or min(self._std) <= 0:
            raise ModelFilesError(Fault(written, "its crop_pct or std is not a number that can be meant"))
        self._scale = np.array([1 / (255 * std) for std in self._std], np.float32)  # (3,)
        pairs = zip(self._mean, self._std, strict=True)
        self._offset = np.array([-mean / std for mean, std in pairs], np.float32)
        settings = [self.size, self._method, self._mode, self._kept, self._mean, self._std]
        self.digest = digest.of_data({"timm": [str(value) for value in settings]})

    def __call__(self, inputs: Sequence[Any]) -> dict[str, torch.Tensor]:
        pixels = np.stack([np.asarray(self._sized(picture.convert("RGB"))) for picture in inputs])  # (B, H, W, 3)
        prepared = np.multiply(pixels, self._scale, dtype=np.float32)
        prepared += self._offset
        return {"pixel_values": torch.from_numpy(np.ascontiguousarray(prepared.transpose(0, 3, 1, 2)))}

    def _sized(self, picture: Any) -> Any:
        from PIL import Image

        height, width = (math.floor(side / self._kept) for side in self.size)
        if self._mode == "squash":
            new = width, height
        elif self._mode == "center" and height == width:
            short = min(picture.size)
            new = _times(picture, lambda side: height if side == short else int(height * side / short))
        else:
            ratios = picture.width / width, picture.height / height
            ratio = max(ratios) if self._mode == "border" else min(ratios)
            new = _times(picture, lambda side: round(side / ratio))
        resized = picture.resize(new, Image.Resampling[self._method.upper()])
        fill = tuple(round(255 * mean) for mean in self._mean) if self._mode == "border" else (0, 0, 0)
        return _middle(resized, self.size, fill)


def input_size(config: dict[str, Any], written: str) -> tuple[int, int]:
    """Height and width of the pictures that a timm model reads."""
    said = (config.get("pretrained_cfg") or {}).get("input_size") or [3, 224, 224]
    sane = isinstance(said, list) and len(said) == 3 and all(type(n) is int and 0 < n <= _LARGEST for n in said)
    if not sane or said[0] != 3:
        raise ModelFilesError(
            Fault(
                written, f"its input_size is {ascii(said)[:80]}", "pictures have three channels, then height and width"
            )
        )
    return said[1], said[2]


def _times(picture: Any, scaled: Any) -> tuple[int, int]:
    return scaled(picture.width), scaled(picture.height)


def _middle(picture: Any, size: tuple[int, int], fill: tuple[int, ...]) -> Any:
    """The middle of a picture, filled up where it is too small."""
    from PIL import ImageOps

    height, width = size
    over, down = max(0, width - picture.width), max(0, height - picture.height)
    if over or down:
        picture = ImageOps.expand(picture, (over // 2, down // 2, (over + 1) // 2, (down + 1) // 2), fill)
    left, top = round((picture.width - width) / 2), round((picture.height - height) / 2)
    return picture.crop((left, top, left + width, top + height))


def _three(value: Any, usual: tuple[float, ...], name: str, written: str) -> tuple[float, ...]:
    numbers = usual if value is None else value
    if isinstance(numbers, list | tuple) and len(numbers) in (1, 3):
        numbers = [*numbers] * (3 // len(numbers))
        if all(isinstance(number, int | float) and math.isfinite(number) for number in numbers):
            return tuple(float(number) for number in numbers)
    raise ModelFilesError(
        Fault(written, f"its {name} is {ascii(value)[:80]}", "give one number for each of three channels")
    )
