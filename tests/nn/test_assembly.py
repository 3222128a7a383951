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


def _prepared(base, given):
    return assembly.shelf(base, None).prepare(list(given.train.inputs)[:1])


def test_boundary_counts_from_the_top():
    model = classifier(shared("vit"), ("a", "b"))
    found = [assembly.boundary_of(model, Recipe("a", layers=layers)) for layers in ("head", 1, 2, 99, "all")]
    assert found == [3, 2, 1, 0, 0]


def test_keeps_a_plain_view_and_four_augmented_ones(tmp_path):
    source = _source(tmp_path)
    assert isinstance(source, Stored) and source.n_views == 4
    assert len(list((tmp_path / "activations").iterdir())) == 5


@pytest.mark.parametrize("family", ["vit", "mobilenet_v2", "bert"])
def test_what_a_deeper_training_needs_comes_out_of_the_same_pass(tmp_path, family):
    base = shared(family)
    given = data(base.task, 12)
    model = classifier(base, given.classes)
    top, deeper = (
        assembly.cut(model, assembly.boundary_of(model, Recipe("a", layers=layers)), base, given.train)
        for layers in (1, 2)
    )

    def sources(folder, *asked):
        for parts, below in asked:
            on_shelf = assembly.shelf(base, folder)
            yield on_shelf, on_shelf.source(parts, given.train, progress=QUIET, title="", below=below)

    (_, first), (shelf_of_second, second) = sources(tmp_path / "once", (top, [deeper.boundary]), (deeper, ()))
    assert shelf_of_second.computed == 0
    for kept, (_, alone) in zip((first, second), sources(tmp_path / "apart", (top, ()), (deeper, ())), strict=True):
        rows = np.array([4, 0, 7])
        np.testing.assert_allclose(
            kept.batch(rows)["hidden"].numpy(), alone.batch(rows)["hidden"].numpy(), rtol=2e-3, atol=2e-3
        )


def test_what_does_not_fit_below_is_not_kept(tmp_path, monkeypatch):
    """Lower activations of a convolutional network are larger; without room for them the pass goes on as ever."""
    base = shared("mobilenet_v2")
    given = data(IMAGE, 12)
    parts = assembly.cut(classifier(base, given.classes), 10, base, given.train)
    monkeypatch.setattr(assembly, "CACHE_BYTES", 2 * 12 * parts.split.lower(_prepared(base, given))[0][0].numel())
    source = assembly.shelf(base, tmp_path).source(parts, given.train, progress=QUIET, title="", below=[2])
    assert isinstance(source, Stored) and len(list((tmp_path / "activations").iterdir())) == 1


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
