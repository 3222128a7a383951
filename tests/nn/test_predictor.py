"""Predicting with an exported model, from whatever a person has."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas  # type: ignore[import-untyped]
import pytest

from tests.nn.tiny import pictures, sentences, shared, write_base
from touchstone.core.errors import InputError, ModelFilesError
from touchstone.nn.export import export
from touchstone.nn.families import classifier
from touchstone.nn.predictor import Predictor

CLASSES = ("cat", "dog")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    for family in ("vit", "bert"):
        made[family] = tmp_path_factory.mktemp("exported") / family
        export(classifier(shared(family), CLASSES, seed=1), shared(family), made[family], CLASSES)
    return made


def test_pictures_and_their_paths_give_the_same_answer(folders: dict[str, Path], tmp_path: Path) -> None:
    predictor = Predictor.load(folders["vit"])
    made = pictures(3)
    for index, picture in enumerate(made):
        picture.save(tmp_path / f"{index}.png")
    paths = [tmp_path / f"{index}.png" for index in range(3)]
    expected = predictor.probabilities(made)
    assert expected.shape == (3, 2) and expected.dtype == np.float32
    assert np.array_equal(predictor.probabilities(paths), expected)
    assert np.allclose(predictor.probabilities(str(paths[0])), expected[:1], atol=1e-5)
    assert set(predictor.predict(made)) <= set(CLASSES)


def test_a_data_frame_gives_the_column_with_a_usual_name(folders: dict[str, Path]) -> None:
    predictor = Predictor.load(str(folders["bert"]))
    texts = sentences(4)
    frame = pandas.DataFrame({"id": range(4), "text": texts})
    assert np.array_equal(predictor.probabilities(frame), predictor.probabilities(texts))
    with pytest.raises(InputError, match="no column named"):
        predictor.probabilities(pandas.DataFrame({"a": texts, "b": texts}))


def test_nothing_in_gives_nothing_out(folders: dict[str, Path]) -> None:
    assert Predictor.load(folders["bert"]).probabilities([]).shape == (0, 2)


def test_a_file_that_is_no_picture_is_named(folders: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"not a picture")
    with pytest.raises(InputError, match=r"x\.png"):
        Predictor.load(folders["vit"]).probabilities([tmp_path / "x.png"])


def test_a_base_without_a_classifier_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError, match="no trained classifier"):
        Predictor.load(write_base(tmp_path / "bare", "bert"))
    with pytest.raises(ModelFilesError, match="no such folder"):
        Predictor.load(tmp_path / "nowhere")


def test_nothing_of_a_changed_model_is_opened(folders: dict[str, Path], tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(folders["vit"], changed)
    assert Predictor.load(changed).classes == CLASSES
    config = changed / "config.json"
    config.write_text(config.read_text().replace("dog", "cog"))
    with pytest.raises(ModelFilesError, match=r"config\.json has other bytes"):
        Predictor.load(changed)
