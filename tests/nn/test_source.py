import numpy as np
import torch

from tests.nn.learnable import make, mirror
from touchstone.nn.activations import build
from touchstone.nn.families import IMAGE
from touchstone.nn.source import Live, Picked, Stored, view_of
from touchstone.nn.split import HIDDEN


def _store(folder, values):
    rows_of = iter(values)
    return build(
        folder, lambda rows: list(rows), len(values), lambda rows: {"pixel_values": torch.zeros(len(rows), 3, 1, 1)},
        lambda batch: [torch.full((1, 1, 1, 1), float(next(rows_of)))], batch_size=1,
    )  # fmt: skip


def test_views_of_a_batch_come_from_their_own_stores(tmp_path):
    source = Stored([_store(tmp_path / "a", [1, 2, 3]), _store(tmp_path / "b", [10, 20, 30])], np.array([2, 0, 1]))
    rows = np.array([0, 1, 2])
    assert source.n_views == 1
    assert source.batch(rows)[HIDDEN].flatten().tolist() == [3, 1, 2]
    assert source.batch(rows, np.array([0, 1, 0]))[HIDDEN].flatten().tolist() == [3, 10, 2]


def test_picked_rows_are_counted_anew(tmp_path):
    source = Picked(Stored([_store(tmp_path / "a", [1, 2, 3])], np.arange(3)), np.array([2, 1]))
    assert len(source) == 2
    assert source.batch(np.array([0]))[HIDDEN].flatten().tolist() == [3]


def test_a_view_depends_on_content_and_number_alone():
    some = make(IMAGE, 4)
    turned = some.take([3, 2, 1, 0])
    for view in (1, 2, 3):
        assert view_of(some, 1, view, mirror, "auto") == view_of(turned, 2, view, mirror, "auto")
    assert view_of(some, 1, 0, mirror, "auto") == some.inputs[1]


def test_live_batches_follow_the_views_asked_for():
    some = make(IMAGE, 2)
    seen = []
    source = Live(some, lambda inputs: seen.append(inputs) or {}, mirror, "auto")
    source.batch(np.array([0, 1]), np.array([0, 5]))
    assert seen[0] == [some.inputs[0], view_of(some, 1, 5, mirror, "auto")]
