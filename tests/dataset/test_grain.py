"""Two pictures of one simple shape are no copies: their grain says so, and it is the same in a real copy."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from tests.dataset.test_near_pictures import CHANGES, pairs_among
from touchstone.dataset.grain import grain


def shapes(n: int, noise: float, *, coloured: bool = True, seed: int = 0) -> list[Image.Image]:
    """Discs, squares and triangles of any size anywhere, as a generator of test data draws them."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(n):
        ground, ink = rng.integers(0, 256, (2, 3)) if coloured else np.array([[235] * 3, [20] * 3])
        image = Image.new("RGB", (64, 64), tuple(int(c) for c in ground))
        draw, r = ImageDraw.Draw(image), int(rng.integers(8, 21))
        x, y = (int(c) for c in rng.integers(r, 64 - r, 2))
        box, fill = (x - r, y - r, x + r, y + r), tuple(int(c) for c in ink)
        (draw.ellipse, draw.rectangle)[int(rng.integers(2))](box, fill=fill)
        array = np.asarray(image) + rng.normal(0, noise, (64, 64, 3))
        found.append(Image.fromarray(array.clip(0, 255).astype(np.uint8)))
    return found


@pytest.mark.parametrize("noise", [0, 3, 10])
def test_shapes_that_a_generator_drew_are_no_copies(noise: float) -> None:
    assert not pairs_among(shapes(300, noise))


def test_shapes_of_one_colour_are_hardly_ever_taken_for_copies() -> None:
    assert len(pairs_among(shapes(300, 5, coloured=False))) <= 2


@pytest.mark.parametrize("change", ["mirrored", "on its side", "upside down", "grey"])
def test_copies_among_shapes_are_found(change: str) -> None:
    originals = shapes(200, 6)
    found = {pair[:2] for pair in pairs_among([*originals, *(CHANGES[change](one) for one in originals[:30])])}
    expected = {(i, 200 + i) for i in range(30)}
    assert len(found & expected) >= 26
    assert not found - expected


def as_array(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L").resize((40, 40), Image.Resampling.BOX), dtype=np.float32)


def test_the_grain_of_a_copy_is_the_same_and_of_another_picture_another() -> None:
    rng = np.random.default_rng(1)
    drawn = np.full((160, 160), 60.0)
    drawn[60:100, 60:100] = 200.0
    one, other = (
        Image.fromarray((drawn + rng.normal(0, 20, drawn.shape)).clip(0, 255).astype(np.uint8)) for _ in range(2)
    )
    brighter = one.point(lambda value: min(255, int(1.1 * value)))
    found = grain(np.stack([as_array(one)] * 2), np.stack([as_array(brighter), as_array(other)]))
    assert found.same.tolist() == [True, False]
    assert found.other.tolist() == [False, True]


def test_grain_that_was_worn_off_or_never_there_says_nothing() -> None:
    rng = np.random.default_rng(2)
    drawn = np.full((160, 160), 60.0)
    drawn[60:100, 60:100] = 200.0
    clean = Image.fromarray(drawn.astype(np.uint8))
    noisy = Image.fromarray((drawn + rng.normal(0, 20, drawn.shape)).clip(0, 255).astype(np.uint8))
    worn = noisy.filter(ImageFilter.GaussianBlur(9))
    found = grain(np.stack([as_array(clean), as_array(noisy)]), np.stack([as_array(clean), as_array(worn)]))
    assert not found.same.any()
    assert not found.other.any()
