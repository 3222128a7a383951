from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from tests.dataset.conftest import picture
from touchstone.dataset.near_pictures import WAYS, near_prints
from touchstone.dataset.picture import fingerprint


def pairs_among(pictures: list[Image.Image]) -> set[tuple[int, int, str]]:
    pairs, _, ways = near_prints([fingerprint(one) for one in pictures])
    return {(int(a), int(b), WAYS[way]) for (a, b), way in zip(pairs, ways, strict=True)}


def recompressed(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=30)
    return Image.open(buffer).convert("RGB")


CHANGES = {
    "half size": lambda image: image.resize((image.width // 2, image.height // 2)),
    "recompressed": recompressed,
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.1),
    "cropped": lambda image: image.crop((5, 12, 5 + int(0.8 * image.width), 12 + int(0.8 * image.height))),
    "turned": lambda image: image.rotate(5, Image.Resampling.BILINEAR),
    "grey": lambda image: image.convert("L").convert("RGB"),
    "framed": lambda image: ImageOps.expand(image, 4, (0, 0, 0)),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(1)),
    "on its side": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "upside down": lambda image: image.transpose(Image.Transpose.ROTATE_180),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "flipped": lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
}


@pytest.mark.parametrize("change", CHANGES)
def test_finds_changed_copies_and_nothing_else(change: str) -> None:
    originals = [picture(seed, (96, 80)) for seed in range(60)]
    found = pairs_among(originals + [CHANGES[change](one) for one in originals])
    lying = {"mirrored": "mirror", "flipped": "mirror", "on its side": "turned", "upside down": "turned"}
    expected = {(i, i + 60, lying.get(change, "near")) for i in range(60)}
    assert len(found & expected) >= 58
    assert not found - expected


def test_blank_pictures_are_copies_of_nothing() -> None:
    blank = [Image.new("RGB", (40, 40), (shade, shade, shade)) for shade in range(0, 200, 10)]
    assert not pairs_among(blank)


def handwritten() -> list[Image.Image]:
    """Scanned digits of eight pixels a side: hundreds that look alike and are none the same."""
    from sklearn.datasets import load_digits

    return [
        Image.fromarray((16 * one).clip(0, 255).astype(np.uint8)).convert("RGB") for one in load_digits().images[:600]
    ]


def test_digits_that_look_alike_are_no_copies() -> None:
    assert len(pairs_among(handwritten())) <= 1


def test_copies_among_digits_are_still_found() -> None:
    digits = handwritten()
    found = pairs_among(digits + [CHANGES["mirrored"](one) for one in digits[:40]])
    assert len(found & {(i, i + 600, "mirror") for i in range(40)}) >= 36
    assert len(found) <= 42


def test_the_same_shape_in_another_colour_is_no_copy() -> None:
    def blob(colour: tuple[int, int, int], seed: int) -> Image.Image:
        rng = np.random.default_rng(seed)
        array = np.full((64, 64, 3), 128, np.uint8)
        for _ in range(6):
            y, x = rng.integers(0, 48, 2)
            array[y : y + 16, x : x + 16] = colour
        return Image.fromarray(array)

    red, blue = [blob((200, 60, 60), seed) for seed in range(40)], [blob((60, 60, 200), seed) for seed in range(40)]
    assert not {(i, i + 40) for i in range(40)} & {(a, b) for a, b, _ in pairs_among(red + blue)}


def cells(n: int, side: int) -> list[Image.Image]:
    """Discs of one size that differ in their grain, as stained cells do."""
    rng, found = np.random.default_rng(0), []
    y, x = np.mgrid[:side, :side] / side - 0.5
    for _ in range(n):
        radius = 0.42 + 0.02 * rng.normal()
        disc = 1 / (1 + np.exp((np.hypot(x, y * (1 + 0.05 * rng.normal())) - radius) * 60))
        grain = Image.fromarray(rng.normal(128, 60, (side, side)).clip(0, 255).astype(np.uint8))
        shades = disc * (22.0 + np.asarray(grain.filter(ImageFilter.GaussianBlur(2))))
        found.append(Image.fromarray(shades.clip(0, 255).astype(np.uint8)).convert("RGB"))
    return found


@pytest.mark.parametrize("side", [50, 64])
def test_half_size_copies_are_found_among_small_pictures_that_are_alike(side: int) -> None:
    originals = cells(200, side)
    found = pairs_among([*originals, *(CHANGES["half size"](one) for one in originals[:20])])
    assert found == {(i, 200 + i, "near") for i in range(20)}
