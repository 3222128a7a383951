from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from tests.dataset.conftest import picture
from touchstone.dataset.near_pictures import near_pictures
from touchstone.dataset.picture import fingerprint


def pairs_among(pictures: list[Image.Image]) -> set[tuple[int, int, bool]]:
    prints = [fingerprint(one) for one in pictures]
    hashes = np.array([(one.hash, one.mirror_hash) for one in prints], np.uint64)
    labels = np.arange(len(prints)) % 3
    pairs, _, turned = near_pictures(hashes, np.stack([one.thumb for one in prints]), labels)
    return {(int(a), int(b), bool(t)) for (a, b), t in zip(pairs, turned, strict=True)}


def recompressed(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=30)
    return Image.open(buffer).convert("RGB")


CHANGES = {
    "half size": lambda image: image.resize((image.width // 2, image.height // 2)),
    "recompressed": recompressed,
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.1),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


@pytest.mark.parametrize("change", CHANGES)
def test_finds_changed_copies_and_nothing_else(change: str) -> None:
    originals = [picture(seed, (96, 80)) for seed in range(60)]
    found = pairs_among(originals + [CHANGES[change](one) for one in originals])
    expected = {(i, i + 60, change == "mirrored") for i in range(60)}
    assert len(found & expected) >= 58
    assert not found - expected


def test_blank_pictures_are_copies_of_nothing() -> None:
    blank = [Image.new("RGB", (40, 40), (shade, shade, shade)) for shade in range(0, 200, 10)]
    assert not pairs_among(blank)
