"""Preparation of inputs as the model's own files say."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from tests.nn.tiny import pictures, sentences, shared
from touchstone.core.errors import ModelFilesError
from touchstone.nn.families import IMAGE
from touchstone.nn.preprocess import Pictures, Texts, open_preprocessor, preprocessor


def test_pictures_become_what_the_processor_of_the_model_makes_of_them() -> None:
    batch = preprocessor(shared("vit"))([Image.new("RGB", (50, 40), (255, 0, 0)), Image.new("L", (9, 9), 0)])
    pixels = batch["pixel_values"]
    assert pixels.shape == (2, 3, 32, 32) and pixels.dtype == torch.float32
    assert pixels[0, :, 0, 0].tolist() == [2.0, -2.0, -2.0] and set(pixels[1].flatten().tolist()) == {-2.0}


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("MobileNetV1ImageProcessor", {"size": {"shortest_edge": 40}, "crop_size": {"height": 32, "width": 32}}),
        ("MobileNetV2ImageProcessor", {"size": {"shortest_edge": 40}, "do_center_crop": False, "do_resize": False}),
        ("ConvNextImageProcessor", {"size": {"shortest_edge": 32}, "crop_pct": 0.875}),
        ("BitImageProcessor", {"size": {"shortest_edge": 40}, "crop_size": {"height": 28, "width": 28}, "resample": 3}),
        ("ViTImageProcessor", {"size": {"height": 20, "width": 24}, "do_normalize": False}),
        ("ViTImageProcessor", {"size": {"height": 20, "width": 24}, "do_rescale": False, "do_normalize": False}),
    ],
)
def test_the_short_way_of_normalising_gives_what_the_processor_gives(
    kind: str, more: dict[str, object], tmp_path: Path
) -> None:
    settings = {"image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.25, 0.3]}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({"image_processor_type": kind} | settings | more))
    made = [picture.resize((48, 48)) for picture in pictures(3)]
    processor = transformers.AutoImageProcessor.from_pretrained(tmp_path, backend="pil")  # type: ignore[no-untyped-call]
    expected = processor(images=made, return_tensors="np")["pixel_values"]
    found = open_preprocessor(tmp_path, IMAGE)(made)["pixel_values"].numpy()
    assert found.shape == expected.shape and np.allclose(found, expected, atol=2e-6)


def test_texts_are_padded_to_the_longest_and_cut_at_the_models_length() -> None:
    prepare = preprocessor(shared("bert"))
    assert isinstance(prepare, Texts) and prepare.max_length == 40
    batch = prepare(["cat", " ".join(["dog"] * 100)])
    assert batch["input_ids"].shape == (2, 40)
    assert batch["attention_mask"].sum(1).tolist() == [3, 40]
    assert set(batch["input_ids"][0, 3:].tolist()) == {1}


def test_an_empty_text_still_gives_a_row() -> None:
    assert preprocessor(shared("bert"))([""])["input_ids"].shape == (1, 2)


def test_several_threads_may_prepare_at_once() -> None:
    prepare = preprocessor(shared("roberta"))
    texts = sentences(64)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda text: prepare([text])["input_ids"].tolist(), texts * 3))
    assert results[:64] == results[64:128] == [prepare([text])["input_ids"].tolist() for text in texts]


def test_the_digest_follows_the_settings(tmp_path: Path) -> None:
    base = shared("vit")
    folder = Path(shutil.copytree(base.path, tmp_path / "copy"))
    assert open_preprocessor(folder, IMAGE).digest == preprocessor(base).digest
    settings = json.loads((folder / "preprocessor_config.json").read_text())
    (folder / "preprocessor_config.json").write_text(json.dumps(settings | {"image_mean": [0.4, 0.4, 0.4]}))
    assert open_preprocessor(folder, IMAGE).digest != preprocessor(base).digest


def test_a_picture_model_without_its_processor_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError, match="preprocessor_config"):
        Pictures(tmp_path)


def test_pictures_of_a_batch_do_not_depend_on_each_other() -> None:
    prepare = preprocessor(shared("swin"))
    together = prepare(pictures(3))["pixel_values"]
    assert torch.equal(together[1:2], prepare(pictures(3)[1:2])["pixel_values"])
