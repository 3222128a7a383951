from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from touchstone.study.vocabulary import IMAGE_AUGMENTATIONS
from touchstone.tasks.image import AUGMENTATIONS, augment, chosen


def picture() -> Image.Image:
    grid = np.random.default_rng(0).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(grid).resize((60, 40), Image.Resampling.BICUBIC)


def test_the_study_file_knows_the_same_names() -> None:
    assert tuple(AUGMENTATIONS) == IMAGE_AUGMENTATIONS


@pytest.mark.parametrize("name", IMAGE_AUGMENTATIONS)
def test_each_keeps_size_and_mode_repeats_itself_and_changes_something(name: str) -> None:
    image = picture()
    changed = [np.asarray(augment(image, [name], np.random.default_rng(seed))) for seed in range(12)]
    again = [np.asarray(augment(image, [name], np.random.default_rng(seed))) for seed in range(12)]
    assert all(np.array_equal(a, b) for a, b in zip(changed, again, strict=True))
    assert {one.shape for one in changed} == {(40, 60, 3)}
    assert any(not np.array_equal(one, np.asarray(image)) for one in changed)
    assert np.array_equal(np.asarray(image), np.asarray(picture()))


@pytest.mark.parametrize("name", IMAGE_AUGMENTATIONS)
def test_each_survives_a_single_pixel(name: str) -> None:
    assert augment(Image.new("RGB", (1, 1)), [name], np.random.default_rng(1)).size == (1, 1)


def test_rotation_leaves_no_empty_corner() -> None:
    white = Image.new("RGB", (60, 40), (255, 255, 255))
    for seed in range(20):
        assert np.asarray(augment(white, ["rotate"], np.random.default_rng(seed))).min() > 250


def test_none_changes_nothing_and_auto_is_a_list_of_known_names() -> None:
    assert np.array_equal(np.asarray(augment(picture(), "none", np.random.default_rng(0))), np.asarray(picture()))
    assert set(chosen("auto")) <= set(AUGMENTATIONS)
