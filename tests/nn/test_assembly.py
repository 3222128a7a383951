from dataclasses import replace

import numpy as np
import pytest

from tests.nn.learnable import QUIET, data
from tests.nn.tiny import shared
from touchstone.core.recipe import Recipe
from touchstone.nn import assembly
from touchstone.nn.families import IMAGE, classifier
from touchstone.nn.source import Live, Stored


def _source(folder, layers=1, **more):
    base, given = shared("vit"), data(IMAGE, 12)
    model = classifier(base, given.classes)
    parts = assembly.cut(model, assembly.boundary_of(model, Recipe("a", layers=layers)), base, given.train)
    return assembly.shelf(base, folder).source(
        parts, given.train, augment=given.augment, names="auto", progress=QUIET, title="", **more
    )


def test_boundary_counts_from_the_top():
    model = classifier(shared("vit"), ("a", "b"))
    found = [assembly.boundary_of(model, Recipe("a", layers=layers)) for layers in ("head", 1, 2, 99, "all")]
    assert found == [3, 2, 1, 0, 0]


def test_keeps_a_plain_view_and_four_augmented_ones(tmp_path):
    source = _source(tmp_path)
    assert isinstance(source, Stored) and source.n_views == 4
    assert len(list((tmp_path / "activations").iterdir())) == 5


def test_drops_views_and_then_the_cache_where_disk_is_dear(tmp_path, monkeypatch):
    """The budget is a module's constant: no setting of a study reaches it."""
    row = 17 * 24 * 2 * 12
    monkeypatch.setattr(assembly, "CACHE_BYTES", 3 * row)
    assert _source(tmp_path).n_views == 2
    monkeypatch.setattr(assembly, "CACHE_BYTES", row // 2)
    assert isinstance(_source(tmp_path / "other"), Live)


@pytest.mark.parametrize("layers", [1, "all"])
def test_stored_and_live_batches_are_the_same_inputs(tmp_path, monkeypatch, layers):
    stored = _source(tmp_path, layers=layers)
    monkeypatch.setattr(assembly, "CACHE_BYTES", 0)
    live = _source(tmp_path / "other", layers=layers)
    rows = np.array([3, 1])
    if layers == "all":
        for views in (None, np.array([0, 2])):
            a, b = (source.batch(rows, views)["pixel_values"].numpy() for source in (stored, live))
            np.testing.assert_allclose(a, b, atol=2e-3)
    else:
        assert set(stored.batch(rows)) == {"hidden"} and set(live.batch(rows)) == {"pixel_values"}


def test_canonical_data_are_in_order_of_content():
    given = data(IMAGE, 12)
    turned = replace(given, train=given.train.take(np.arange(12)[::-1]))
    assert assembly.canonical(given).train.digests == assembly.canonical(turned).train.digests


def test_shrunk_pictures_are_smaller():
    base, given = shared("resnet"), data(IMAGE, 3)
    prepare = assembly.shelf(base, None, side=16).prepare
    assert prepare(list(given.train.inputs))["pixel_values"].shape == (3, 3, 16, 16)
