import numpy as np
import pytest

from touchstone.nn.order import epoch_batches, steps_per_epoch


class Fake:
    def __init__(self, n, n_views=0, lengths=None):
        self.n, self.n_views, self.lengths = n, n_views, lengths

    def __len__(self):
        return self.n

    def batch(self, rows, views=None):
        raise AssertionError("an order opens nothing")


@pytest.mark.parametrize("lengths", [None, np.arange(53) % 7])
def test_every_row_comes_once_an_epoch(lengths):
    batches = list(epoch_batches(Fake(53, lengths=lengths), 8, seed=0, epoch=2))
    assert sorted(np.concatenate([rows for rows, _ in batches])) == list(range(53))
    assert len(batches) == steps_per_epoch(53, 8)
    assert [len(rows) for rows, _ in batches] == [8] * 6 + [5]


def test_seed_and_epoch_decide_the_order():
    def order(seed, epoch):
        return np.concatenate([rows for rows, _ in epoch_batches(Fake(40), 8, seed=seed, epoch=epoch)]).tolist()

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1) != order(2, 1)


def test_all_views_are_drawn():
    views = np.concatenate([views for _, views in epoch_batches(Fake(400, 4), 32, seed=0, epoch=0)])
    assert set(views) == {0, 1, 2, 3, 4}


def test_texts_of_like_length_come_together():
    lengths = np.random.default_rng(0).integers(1, 100, 512)
    batches = [rows for rows, _ in epoch_batches(Fake(512, lengths=lengths), 16, seed=0, epoch=0)]
    padded = sum(len(rows) * lengths[rows].max() for rows in batches)
    assert padded < 1.3 * lengths.sum()


def test_a_last_batch_too_small_for_normalisation_is_dropped():
    batches = [rows for rows, _ in epoch_batches(Fake(17), 8, seed=0, epoch=0, at_least=2)]
    assert [len(rows) for rows in batches] == [8, 8]
    assert steps_per_epoch(17, 8, 2) == 2
