from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.dataset.conftest import picture
from touchstone.dataset.marks import LEAST_SIDE, bands, blocks, sign_places


def framed(size: int) -> Image.Image:
    return ImageOps.expand(picture(3, (size - 4, size - 4)), 2, (10, 200, 10))


@pytest.mark.parametrize("size", [12, 24, 48, 200])
def test_a_frame_is_measured(size: int) -> None:
    assert min(bands(np.asarray(framed(size)))[:4]) == pytest.approx(2 / size, abs=0.01)


def test_a_line_around_an_eight_pixel_digit_is_a_frame_and_its_empty_edge_is_none() -> None:
    digit = np.zeros((8, 8, 3), np.uint8)
    digit[1:7, 3:5] = 200
    assert bands(digit)[:4] == [0.0] * 4
    digit[[0, -1]] = digit[:, [0, -1]] = 120
    assert bands(digit)[:4] == [1 / 8] * 4


def test_in_small_pictures_signs_are_looked_for_near_the_corners_alone() -> None:
    assert sign_places(24).all() and not sign_places(7).any()
    small = sign_places(16).reshape(8, 8)
    assert small[0, 0] and small[7, 6] and not small[2:6].any() and not small[:, 2:6].any()


def test_the_smallest_pictures_have_no_frame_and_no_signs() -> None:
    small = framed(LEAST_SIDE - 1)
    assert bands(np.asarray(small)) == [0.0] * 4 + [-1.0] * 4
    assert not blocks(small).any()
    assert blocks(framed(48)).any()
