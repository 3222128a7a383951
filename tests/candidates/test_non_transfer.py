from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from touchstone.candidates import non_transfer
from touchstone.candidates.picture_features import colours, describe
from touchstone.core.errors import DatasetError
from touchstone.dataset.inputs import Texts
from touchstone.dataset.model import Examples


class Drawn(list[Any]):
    def take(self, indices: Any) -> Drawn:
        return Drawn(self[i] for i in indices)


def _examples(task: str, inputs: Any, labels: np.ndarray) -> Examples:
    names = tuple(map(str, range(len(labels))))
    return Examples(task, names, inputs, labels, names)


def _coloured(n: int, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    base = np.array([[200, 60, 60], [60, 200, 60], [60, 60, 200]])[labels]
    pixels = (base[:, None, None, :] + rng.integers(-55, 55, (n, 40, 40, 3))).astype(np.uint8)
    return _examples("image-classification", Drawn(Image.fromarray(p) for p in pixels), labels)


def _written(n: int, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    topics = (["refund", "money", "charge"], ["parcel", "late", "delivery"], ["password", "login", "account"])
    filler = ["please", "my", "the", "help", "with", "today", "again", "why"]
    texts = [" ".join(rng.permutation([*rng.choice(topics[k], 1), *rng.choice(filler, 5)])) for k in labels]
    return _examples("text-classification", Texts(texts), labels)


def test_colour_alone_is_enough_where_it_tells_all() -> None:
    train, fresh = _coloured(90, 0), _coloured(60, 1)
    fitted = non_transfer.fit(train, train.labels, 3)
    assert (fitted.predict(fresh).argmax(1) == fresh.labels).mean() > 0.95
    assert (fitted.out_of_fold.argmax(1) == train.labels).mean() > 0.95
    assert set(fitted.tried) == {"logistic", "boosted trees"} and fitted.configs_tried == 7


def test_words_alone_are_enough_where_they_tell_all() -> None:
    train, fresh = _written(150, 0), _written(100, 1)
    fitted = non_transfer.fit(train, train.labels, 3)
    p = fitted.predict(fresh)
    assert (p.argmax(1) == fresh.labels).mean() > 0.95 and p.sum(1) == pytest.approx(1.0, abs=1e-4)
    assert set(fitted.tried) == {"logistic", "linear support"}


def test_random_labels_are_not_learnt() -> None:
    train = _written(120, 2)
    labels = np.random.default_rng(3).integers(0, 2, 120)
    fitted = non_transfer.fit(train, labels, 2)
    assert (fitted.out_of_fold.argmax(1) == labels).mean() < 0.66


def test_the_same_seed_gives_the_same_predictions() -> None:
    train, fresh = _coloured(60, 4), _coloured(20, 5)
    first, second = (non_transfer.fit(train, train.labels, 3, seed=1).predict(fresh) for _ in range(2))
    assert (first == second).all()


def test_groups_are_not_split_between_folds() -> None:
    rng = np.random.default_rng(6)
    groups = np.repeat(np.arange(30), 4)
    words = [f"w{g}x{rng.integers(1000)}" for g in range(30)]
    labels = np.repeat(rng.integers(0, 2, 30), 4)
    texts = Texts([f"{words[g]} {i % 7}" for i, g in enumerate(groups)])
    train = _examples("text-classification", texts, labels)
    leaky = (non_transfer.fit(train, labels, 2).out_of_fold.argmax(1) == labels).mean()
    honest = (non_transfer.fit(train, labels, 2, groups).out_of_fold.argmax(1) == labels).mean()
    assert leaky > 0.9 > 0.8 > honest


def test_texts_without_words_and_empty_sets_are_borne() -> None:
    train = _examples("text-classification", Texts(["!!", "??", "…", "!?"] * 5), np.tile([0, 1], 10))
    fitted = non_transfer.fit(train, train.labels, 2)
    assert np.isfinite(fitted.out_of_fold).all()
    assert fitted.predict(train.take([])).shape == (0, 2)


def test_raw_features_have_one_row_per_example() -> None:
    assert non_transfer.raw_features(_coloured(5, 0)).shape == (5, 1764 + 512 + 3072)
    assert non_transfer.raw_features(_written(12, 0)).shape[0] == 12


def test_a_table_has_no_simple_features_here() -> None:
    table = _examples("tabular-classification", Texts(["a", "b"]), np.array([0, 1]))
    with pytest.raises(DatasetError, match="tabular-classification"):
        non_transfer.fit(table, table.labels, 2)


def test_pictures_of_any_size_and_shape_give_the_same_length() -> None:
    for size in ((1, 1), (7, 300), (500, 400)):
        found = describe(Image.new("RGB", size, (255, 0, 0)))
        assert [len(part) for part in found] == [1764, 512, 3072]
    assert colours(np.full((4, 4, 3), 255, np.uint8)).sum() == 1.0
