from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.dataset.conftest import picture
from touchstone.dataset.marks import LEAST_SIDE, bands, blocks


def framed(size: int) -> Image.Image:
    return ImageOps.expand(picture(3, (size - 4, size - 4)), 2, (10, 200, 10))


@pytest.mark.parametrize("size", [LEAST_SIDE, 48, 200])
def test_a_frame_is_measured(size: int) -> None:
    assert min(bands(np.asarray(framed(size)))[:4]) == pytest.approx(2 / size, abs=0.01)


def test_the_smallest_pictures_have_no_frame_and_no_signs() -> None:
    """An empty edge of an eight-pixel digit is the digit's own ground."""
    small = framed(LEAST_SIDE - 1)
    assert bands(np.asarray(small)) == [0.0] * 4 + [-1.0] * 4
    assert not blocks(small).any()
    assert blocks(framed(48)).any()
