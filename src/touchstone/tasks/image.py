"""Pictures: decoding, content digest, and augmentations that keep the label for most subjects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from touchstone.dataset.picture import PictureError, decode, digest

if TYPE_CHECKING:
    from PIL import Image as PilImage

__all__ = ["AUGMENTATIONS", "AUTO", "PictureError", "augment", "chosen", "decode", "digest"]

Change = Callable[["PilImage.Image", np.random.Generator], "PilImage.Image"]
AUTO = ("flip", "crop", "colour")
"""What ``auto`` stands for: mild changes that fit photographs. Digits and text need ``none`` or a list without flip."""


def chosen(names: Sequence[str] | Literal["none", "auto"]) -> tuple[str, ...]:
    """The augmentations that a recipe's setting stands for.

    >>> chosen("none"), chosen("auto"), chosen(["rotate"])
    ((), ('flip', 'crop', 'colour'), ('rotate',))
    """
    if isinstance(names, str):
        return {"none": (), "auto": AUTO}[names]
    return tuple(names)


def augment(
    picture: PilImage.Image, names: Sequence[str] | Literal["none", "auto"], rng: np.random.Generator
) -> PilImage.Image:
    """A changed copy of a picture, of the same size; the same generator state gives the same picture.

    Parameters
    ----------
    picture : RGB
    names : of :data:`AUGMENTATIONS`, applied in their order; or ``none`` or ``auto``
    rng : the only source of chance
    """
    for name in chosen(names):
        picture = AUGMENTATIONS[name](picture, rng)
    return picture


def _flip(picture: PilImage.Image, rng: np.random.Generator) -> PilImage.Image:
    from PIL import ImageOps

    return ImageOps.mirror(picture) if rng.random() < 0.5 else picture


def _vertical_flip(picture: PilImage.Image, rng: np.random.Generator) -> PilImage.Image:
    from PIL import ImageOps

    return ImageOps.flip(picture) if rng.random() < 0.5 else picture


def _crop(picture: PilImage.Image, rng: np.random.Generator) -> PilImage.Image:
    """A part of 60 to 100 % of the area, sides between 4:5 and 5:4 of the old ones, scaled back to full size."""
    from PIL import Image

    width, height = picture.size
    area, stretch = rng.uniform(0.6, 1.0), np.sqrt(np.exp(rng.uniform(np.log(0.8), np.log(1.25))))
    w = min(width, max(1.0, width * np.sqrt(area) * stretch))
    h = min(height, max(1.0, height * np.sqrt(area) / stretch))
    left, top = rng.uniform(0, width - w), rng.uniform(0, height - h)
    return picture.resize((width, height), Image.Resampling.BILINEAR, box=(left, top, left + w, top + h))


def _rotate(picture: PilImage.Image, rng: np.random.Generator) -> PilImage.Image:
    """Up to 15 degrees, zoomed in so that no corner is left empty: an empty corner would mark training pictures."""
    from PIL import Image

    angle = rng.uniform(-15, 15)
    width, height = picture.size
    lean = np.deg2rad(abs(angle))
    longer, shorter = max(width, height), min(width, height)
    zoom = np.cos(lean) + np.sin(lean) * longer / shorter
    turned = picture.rotate(angle, Image.Resampling.BILINEAR)
    # One pixel less on each side: interpolation darkens the very edge.
    w, h = max(1.0, width / zoom - 2), max(1.0, height / zoom - 2)
    box = ((width - w) / 2, (height - h) / 2, (width + w) / 2, (height + h) / 2)
    return turned.resize((width, height), Image.Resampling.BILINEAR, box=box)


def _colour(picture: PilImage.Image, rng: np.random.Generator) -> PilImage.Image:
    """Brightness, contrast and saturation, each by up to 30 %."""
    from PIL import ImageEnhance

    for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        picture = change(picture).enhance(rng.uniform(0.7, 1.3))
    return picture


def _grey(picture: PilImage.Image, rng: np.random.Generator) -> PilImage.Image:
    return picture.convert("L").convert("RGB") if rng.random() < 0.2 else picture


def _blur(picture: PilImage.Image, rng: np.random.Generator) -> PilImage.Image:
    from PIL import ImageFilter

    radius = rng.uniform(0, 0.02) * min(picture.size)
    return picture.filter(ImageFilter.GaussianBlur(radius)) if rng.random() < 0.5 else picture


def _noise(picture: PilImage.Image, rng: np.random.Generator) -> PilImage.Image:
    from PIL import Image

    pixels = np.asarray(picture, dtype=np.float32)
    noisy = pixels + rng.normal(0, rng.uniform(0, 12), pixels.shape)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def _erase(picture: PilImage.Image, rng: np.random.Generator) -> PilImage.Image:
    """A rectangle of 2 to 15 % of the area in the mean colour, half of the time (Zhong et al., AAAI 2020)."""
    if rng.random() < 0.5:
        return picture
    width, height = picture.size
    side = np.sqrt(rng.uniform(0.02, 0.15))
    w, h = max(1, round(width * side)), max(1, round(height * side))
    left, top = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
    red, green, blue = (round(float(mean)) for mean in np.asarray(picture).mean(axis=(0, 1)))
    picture = picture.copy()
    picture.paste((red, green, blue), (left, top, left + w, top + h))
    return picture


AUGMENTATIONS: Mapping[str, Change] = {
    "flip": _flip, "vertical_flip": _vertical_flip, "crop": _crop, "rotate": _rotate, "colour": _colour,
    "grey": _grey, "blur": _blur, "noise": _noise, "erase": _erase,
}  # fmt: skip
