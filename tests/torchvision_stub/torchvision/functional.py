"""What timm's evaluation transforms use, for PIL images, as torchvision 0.2x defines it."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps


class InterpolationMode(enum.Enum):
    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


def get_dimensions(picture: Any) -> list[int]:
    return [len(picture.getbands()), picture.height, picture.width]


def resize(picture: Any, size: Any, interpolation: InterpolationMode = InterpolationMode.BILINEAR, **_: Any) -> Any:
    if isinstance(size, int):
        short, long = sorted(picture.size)
        other = int(size * long / short)
        size = (other, size) if picture.width <= picture.height else (size, other)
    method = Image.Resampling[interpolation.name.removesuffix("_EXACT")]
    return picture.resize(tuple(size)[::-1], method)


def pad(picture: Any, padding: list[int], fill: Any = 0, padding_mode: str = "constant") -> Any:
    assert padding_mode == "constant"
    fill = tuple(fill) if isinstance(fill, list) else fill
    return ImageOps.expand(picture, tuple(padding), fill)


def crop(picture: Any, top: int, left: int, height: int, width: int) -> Any:
    return picture.crop((left, top, left + width, top + height))


def center_crop(picture: Any, size: Any) -> Any:
    height, width = size
    over, down = max(0, width - picture.width), max(0, height - picture.height)
    if over or down:
        picture = pad(picture, [over // 2, down // 2, (over + 1) // 2, (down + 1) // 2])
    top, left = round((picture.height - height) / 2), round((picture.width - width) / 2)
    return crop(picture, top, left, height, width)


def to_tensor(picture: Any) -> torch.Tensor:
    pixels = np.array(picture if picture.mode != "L" else picture.convert("RGB"))
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous().float().div(255)


class Compose:
    def __init__(self, transforms: list[Any]) -> None:
        self.transforms = transforms

    def __call__(self, picture: Any) -> Any:
        for transform in self.transforms:
            picture = transform(picture)
        return picture


class Resize(torch.nn.Module):
    def __init__(self, size: Any, interpolation: InterpolationMode = InterpolationMode.BILINEAR) -> None:
        super().__init__()
        self.size, self.interpolation = size, interpolation

    def forward(self, picture: Any) -> Any:
        return resize(picture, self.size, self.interpolation)


class CenterCrop(torch.nn.Module):
    def __init__(self, size: Any) -> None:
        super().__init__()
        self.size = (size, size) if isinstance(size, int) else tuple(size)

    def forward(self, picture: Any) -> Any:
        return center_crop(picture, self.size)


class ToTensor:
    def __call__(self, picture: Any) -> torch.Tensor:
        return to_tensor(picture)


class Normalize(torch.nn.Module):
    def __init__(self, mean: Any, std: Any) -> None:
        super().__init__()
        self.mean, self.std = (torch.as_tensor(values).view(-1, 1, 1) for values in (mean, std))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return (pixels - self.mean) / self.std
