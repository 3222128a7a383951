import numpy as np
import pytest
import torch

from tests.nn.learnable import QUIET, data
from tests.nn.tiny import shared
from touchstone.core.recipe import Lora, Recipe
from touchstone.nn.families import TEXT
from touchstone.nn.job import lay_out
from touchstone.nn.range_test import chosen, find_rate, steepest, usual_rate


def test_finds_where_the_loss_falls_steepest():
    rates = np.geomspace(1e-6, 1, 61)
    losses = 2 - 1.5 / (1 + np.exp(-4 * (np.log10(rates) + 3)))
    assert steepest(list(zip(rates, losses, strict=True))) == pytest.approx(1e-3, rel=0.3)


def test_a_loss_that_never_falls_has_no_steepest_place():
    assert steepest([(rate, 1.0 + rate) for rate in np.geomspace(1e-6, 1, 20)]) == np.inf
    assert steepest([(1e-5, 1.0)]) == np.inf


@pytest.mark.parametrize("seed", range(5))
def test_noise_at_the_smallest_rates_does_not_choose_the_rate(seed):
    """A network that starts from a probe: dropout moves its small loss about, and no rate lowers it."""
    rates = np.geomspace(1e-7, 1e-3, 46)
    losses = 0.22 + 0.03 * np.random.default_rng(seed).standard_normal(46) / np.sqrt(np.arange(1, 47))
    losses[0] = 0.15
    assert chosen(list(zip(rates, losses, strict=True)), 1e-4) >= 1e-5


def test_a_third_of_the_rate_with_the_smallest_loss_is_not_exceeded():
    rates = np.geomspace(1e-7, 1e-2, 51)
    losses = np.where(rates < 1e-5, 1.0, np.where(rates < 6e-5, 0.6, 0.9))
    curve = list(zip(rates, losses, strict=True))
    assert 1e-5 <= chosen(curve, 1e-4) <= 2e-5


def test_usual_rates():
    assert usual_rate("bert", Recipe("a")) == 2e-5
    assert usual_rate("mobilenet_v2", Recipe("a")) == 1e-4
    assert usual_rate("mobilenet_v2", Recipe("a", optimizer="sgd")) == 1e-2
    assert usual_rate("bert", Recipe("a", lora=Lora())) == 2e-4


def test_leaves_the_network_as_it_was_and_repeats_itself(tmp_path):
    recipe, given = Recipe("a", layers=1), data(TEXT)
    bench = lay_out(shared("bert"), recipe, given, seed=0, head=None, cache=tmp_path, progress=QUIET)
    before = {name: value.clone() for name, value in bench.parts.model.state_dict().items()}
    tests = [
        find_rate(bench.network, bench.train, bench.labels, recipe, bench.criterion, usual=2e-5, seed=0)
        for _ in range(2)
    ]
    assert tests[0] == tests[1]
    assert 1e-7 <= tests[0].rate <= 6.1e-5
    for name, value in bench.parts.model.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)
