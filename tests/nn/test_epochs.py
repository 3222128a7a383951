import numpy as np
import pytest
import torch

from tests.nn.learnable import QUIET, data
from tests.nn.tiny import shared
from touchstone.core.recipe import Recipe
from touchstone.nn.epochs import enough_to_stop_early, fewest_loss, folds, horizon, run_fold
from touchstone.nn.families import TEXT
from touchstone.nn.job import lay_out
from touchstone.nn.loop import Plan


def test_groups_stay_together_and_classes_are_spread():
    labels = np.repeat([0, 1], [60, 30])
    groups = [f"g{i // 3}" for i in range(90)]
    parts = folds(labels, groups, 5, seed=0)
    assert all(len({parts[i] for i in range(90) if groups[i] == name}) == 1 for name in groups)
    for fold in range(5):
        assert np.bincount(labels[parts == fold]).tolist() == [12, 6]


def test_without_groups_every_class_is_in_every_fold():
    parts = folds(np.arange(25) % 5, None, 5, seed=1)
    assert all(sorted((np.arange(25) % 5)[parts == fold]) == [0, 1, 2, 3, 4] for fold in range(5))


def test_early_stopping_needs_a_hundred_items_of_every_class():
    assert enough_to_stop_early(np.repeat([0, 1], 100), 2)
    assert not enough_to_stop_early(np.repeat([0, 1], [100, 99]), 2)


@pytest.mark.parametrize(
    ("n", "cached", "epochs"), [(100, True, 30), (1000, True, 13), (50_000, True, 5), (1000, False, 8)]
)
def test_small_data_get_more_epochs(n, cached, epochs):
    assert horizon(n, 32, cached=cached) == epochs


def test_stops_before_memorising_and_leaves_the_network_as_it_was(tmp_path):
    """With labels that mean nothing, held-out loss only rises: the fewest epochs are right."""
    given = data(TEXT)
    recipe = Recipe("a", layers=2, learning_rate=1e-2, batch_size=8)
    bench = lay_out(shared("bert"), recipe, given, seed=0, head=None, cache=tmp_path, progress=QUIET)
    before = bench.network.state()
    noise = np.random.default_rng(0).integers(0, 2, 32)
    plan = Plan(rate=2e-2, epochs=8, horizon=8, batch_size=8)
    made = [
        run_fold(
            bench.network, bench.train, noise, None, plan, bench.criterion, fold=fold, validation=bench.validation,
            features=None, seed=0, progress=QUIET,
        )
        for fold in range(5)
    ]  # fmt: skip
    chosen, curve = fewest_loss([fold.curve for fold in made])
    assert chosen <= 4 and len(curve) == 9
    assert sorted(np.concatenate([fold.rows for fold in made])) == list(range(32))
    for fold in made:
        assert fold.right.shape == fold.losses.shape == (len(fold.looks), len(fold.rows))
        rows, right, losses = fold.at(chosen)
        assert (rows == fold.rows).all() and (losses[right] < np.log(2)).all() and (losses[~right] > np.log(2)).all()
    for name, value in bench.network.state().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)


def test_the_epochs_of_the_least_mean_loss_are_chosen():
    falls = np.array([3.0, 2.0, 1.0, 1.0, 1.0, 2.0, 3.0])
    assert fewest_loss([falls, falls]) == (3, tuple(falls))


def test_a_hundredth_less_loss_is_not_worth_another_epoch():
    steep, flat = np.array([3.0, 2.0, 1.0]), np.linspace(1.0, 0.995, 10)
    chosen, _ = fewest_loss([np.concatenate([steep, flat])])
    assert chosen == 3  # the first that is down, smoothed over three epochs
    assert fewest_loss([np.concatenate([steep, np.linspace(1.0, 0.5, 10)])])[0] > 10
