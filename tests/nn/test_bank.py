"""The feature bank: every row once, whatever is asked for and however often."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.nn.tiny import Listed, examples, open_tiny, shared
from touchstone.core.progress import Silent
from touchstone.nn.bank import Features, features
from touchstone.nn.base_model import Base
from touchstone.nn.families import IMAGE, PENULTIMATE, TEXT, head, original
from touchstone.nn.feature_graph import FeatureGraph
from touchstone.nn.preprocess import preprocessor

QUIET: Any = Silent()


def _features(base: Base, n: int, home: Path, **more: Any) -> Features:
    return features(base, examples(base.task, n), home=home, progress=QUIET, **more)


@pytest.mark.parametrize("family", ["mobilenet_v2", "swin", "bert"])
def test_features_are_those_of_the_network_itself(family: str, tmp_path: Path) -> None:
    base = shared(family)
    found = _features(base, 10, tmp_path)
    model, has_head = original(base)
    graph = FeatureGraph(model)
    batch = preprocessor(base)(list(examples(base.task, 10).inputs))  # type: ignore[call-overload]
    with torch.no_grad():
        expected = dict(zip(graph.names, graph(*batch.values()), strict=True))
    assert tuple(found.blocks) == (*base.blocks, PENULTIMATE)
    for name, values in expected.items():
        ours, theirs = found.blocks[name].astype(np.float64), values.numpy().astype(np.float64)
        assert ours.shape == theirs.shape and found.blocks[name].dtype == np.float16
        cosines = (ours * theirs).sum(1) / (np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1))
        assert cosines.min() > 0.998, name
    if has_head:
        assert found.logits is not None
        with torch.no_grad():
            logits = head(model)(expected[PENULTIMATE]).numpy()
        assert np.abs(found.logits - logits).max() < 0.05 * np.abs(logits).max()
    else:
        assert found.logits is None


def test_nothing_is_computed_twice(tmp_path: Path) -> None:
    base = shared("vit")
    assert _features(base, 6, tmp_path).computed == 6
    Listed.opened = 0
    again = _features(base, 6, tmp_path)
    assert (again.computed, Listed.opened) == (0, 0)
    assert _features(base, 9, tmp_path).computed == 3


def test_rows_do_not_depend_on_the_order_of_examples(tmp_path: Path) -> None:
    base = shared("vit")
    given = examples(IMAGE, 12)
    turned = given.take(np.arange(12)[::-1])
    one = features(base, given, home=tmp_path / "a", progress=QUIET).penultimate
    two = features(base, turned, home=tmp_path / "b", progress=QUIET).penultimate
    same = features(base, turned, home=tmp_path / "a", progress=QUIET).penultimate
    assert np.array_equal(one, same[::-1])
    assert np.abs(one.astype(float) - two[::-1].astype(float)).max() < 0.02 * np.abs(one).max()


def test_equal_content_is_one_row(tmp_path: Path) -> None:
    given = examples(TEXT, 5)
    doubled = given.take([0, 1, 2, 3, 4, 0, 1])
    found = features(shared("bert"), doubled, home=tmp_path, progress=QUIET)
    assert found.computed == 5
    assert np.array_equal(found.penultimate[:2], found.penultimate[5:])


def test_the_random_twin_has_rows_of_its_own_named_by_its_seed(tmp_path: Path) -> None:
    base = shared("mobilenet_v1")
    real = _features(base, 8, tmp_path)
    twin = _features(base, 8, tmp_path, twin=True, seed=1)
    assert (twin.computed, _features(base, 8, tmp_path, twin=True, seed=1).computed) == (8, 0)
    other = _features(base, 8, tmp_path, twin=True, seed=2)
    assert other.computed == 8 and twin.logits is None
    assert not np.allclose(twin.penultimate, real.penultimate)
    assert not np.allclose(twin.penultimate, other.penultimate)


@pytest.mark.parametrize("family", ["mobilenet_v1", "mobilenet_v2", "resnet"])
def test_the_signal_of_an_untrained_network_does_not_die(family: str, tmp_path: Path) -> None:
    twin = _features(shared(family), 8, tmp_path, twin=True)
    values = twin.penultimate.astype(np.float64)
    assert np.isfinite(values).all() and values.std(0).max() > 1e-2


def test_augmented_views_are_kept_besides_and_repeat(tmp_path: Path) -> None:
    base = shared("vit")

    def mirrored(picture: Any, rng: np.random.Generator) -> Any:
        return picture.rotate(float(rng.uniform(5, 90)))

    asked = {"views": 2, "augment": mirrored, "augment_key": "rotate"}
    found = _features(base, 5, tmp_path, **asked)
    assert found.computed == 15 and len(found.views) == 2
    first, second = (view[PENULTIMATE] for view in found.views)
    assert not np.allclose(first, second) and not np.allclose(first, found.penultimate)
    again = _features(base, 5, tmp_path, **asked)
    assert again.computed == 0 and np.array_equal(again.views[0][PENULTIMATE], first)
    assert _features(base, 5, tmp_path).computed == 0


def test_other_weights_have_other_rows(tmp_path: Path) -> None:
    _features(shared("vit"), 4, tmp_path)
    assert _features(open_tiny(tmp_path / "models", "vit", seed=7), 4, tmp_path).computed == 4


class _Broken(Listed):
    """Opens well for a while, as before a kill."""

    def __getitem__(self, index: Any) -> Any:
        if type(self).opened > 60:
            raise KeyboardInterrupt
        return super().__getitem__(index)


def test_what_was_finished_before_a_kill_is_not_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("touchstone.nn.bank.SHARD", 16)
    base, given = shared("bert"), examples(TEXT, 80)
    object.__setattr__(given, "inputs", _Broken(given.inputs))  # type: ignore[call-overload]
    _Broken.opened = 0
    with pytest.raises(KeyboardInterrupt):
        features(base, given, home=tmp_path, progress=QUIET)
    resumed = _features(base, 80, tmp_path)
    assert 0 < resumed.computed < 80 and resumed.computed % 16 == 0
    whole = _features(base, 80, tmp_path / "other")
    if whole.engine == resumed.engine:
        assert np.array_equal(resumed.penultimate, whole.penultimate)
    assert not list(tmp_path.rglob("*.partial"))
