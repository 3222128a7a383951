import numpy as np
import pytest
import torch

from touchstone.nn.activations import Overflow, Store, build
from touchstone.nn.split import HIDDEN


def _texts(lengths):
    return [list(range(1, length + 1)) for length in lengths]


def _prepare_texts(inputs):
    longest = max(map(len, inputs))
    ids = torch.tensor([row + [9] * (longest - len(row)) for row in inputs])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in inputs])
    return {"input_ids": ids, "attention_mask": mask}


def _build(folder, inputs, prepare, lower, **more):
    return build(folder, lambda rows: [inputs[row] for row in rows], len(inputs), prepare, lower, **more)


def _prepare_pixels(inputs):
    return {"pixel_values": torch.stack([torch.full((3, 2, 2), float(value)) for value in inputs])}


def test_dense_rows_come_back_in_any_order(tmp_path):
    store = _build(tmp_path / "s", range(10), _prepare_pixels, lambda batch: [batch["pixel_values"] * 2], batch_size=4)
    batch = store.batch(np.array([7, 0, 3]))
    assert batch[HIDDEN].shape == (3, 3, 2, 2)
    assert batch[HIDDEN][:, 0, 0, 0].tolist() == [14, 0, 6]


def test_without_a_lower_part_the_inputs_themselves_are_kept(tmp_path):
    store = _build(tmp_path / "s", range(3), _prepare_pixels, None)
    assert store.batch(np.array([2]))["pixel_values"].unique().tolist() == [2]


def test_ragged_rows_keep_their_tokens_and_are_padded_only_together(tmp_path):
    inputs = _texts([3, 1, 5])
    store = _build(
        tmp_path / "s", inputs, _prepare_texts, lambda batch: [batch["input_ids"][..., None].float()], padding=9
    )
    batch = store.batch(np.array([1, 0]))
    assert batch["input_ids"].tolist() == [[1, 9, 9], [1, 2, 3]]
    assert batch["attention_mask"].tolist() == [[1, 0, 0], [1, 1, 1]]
    assert batch[HIDDEN][..., 0].tolist() == [[1, 0, 0], [1, 2, 3]]
    assert store.lengths.tolist() == [3, 1, 5]


def test_is_computed_once(tmp_path):
    calls = []

    def lower(batch):
        calls.append(len(batch["pixel_values"]))
        return [batch["pixel_values"]]

    for _ in range(2):
        _build(tmp_path / "s", range(5), _prepare_pixels, lower, batch_size=2)
    assert calls == [2, 2, 1]


def test_a_killed_pass_leaves_nothing(tmp_path):
    def lower(batch):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _build(tmp_path / "s", range(5), _prepare_pixels, lower)
    assert list(tmp_path.iterdir()) == []


def test_refuses_activations_beyond_half_precision(tmp_path):
    with pytest.raises(Overflow):
        _build(tmp_path / "s", range(5), _prepare_pixels, lambda batch: [batch["pixel_values"] * 1e6])
    assert list(tmp_path.iterdir()) == []


def test_half_precision_costs_less_than_a_thousandth(tmp_path):
    values = torch.randn(6, 40)
    _build(tmp_path / "s", range(6), _prepare_pixels, lambda batch: [values])
    kept = Store(tmp_path / "s").batch(np.arange(6))[HIDDEN]
    torch.testing.assert_close(kept, values, rtol=1e-3, atol=1e-4)
