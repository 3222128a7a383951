from dataclasses import replace

import numpy as np

from tests.nn.learnable import CLASSES, QUIET, data
from tests.nn.tiny import shared
from touchstone.core.recipe import Recipe
from touchstone.nn.families import TEXT, classifier, head
from touchstone.nn.hot_start import hot_start, peak_ratio

SANE = Recipe("sane", layers="all", learning_rate=1e-3, epochs=6, batch_size=8, user=True)


def _start(recipe, folder):
    return hot_start(shared("bert"), recipe, data(TEXT, 48), seed=0, head=None, cache=folder, progress=QUIET)


def test_tells_a_hot_start_from_a_sane_one(tmp_path):
    sane = _start(SANE, tmp_path)
    hot = _start(replace(SANE, name="hot", learning_rate=0.3, warmup=0.0), tmp_path)
    assert np.mean(hot.run_losses - hot.twin_losses) > np.mean(sane.run_losses - sane.twin_losses) + 0.1
    assert hot.update_ratio > 1e-2 > sane.update_ratio
    assert hot.early_peak_ratio > 1.5 > sane.early_peak_ratio
    assert hot.lowest_block_cka < sane.lowest_block_cka


def test_run_and_twin_are_looked_at_on_the_same_items(tmp_path):
    sane = _start(SANE, tmp_path)
    assert sane.run_losses.shape == sane.twin_losses.shape == (16,)
    assert sane.initial_loss > 0


def test_a_hard_batch_is_no_peak():
    losses = np.array([1.0, 1.0, 3.0, 1.0, 1.0, 1.0])
    assert peak_ratio(losses, losses) == 1.0
    assert round(peak_ratio(3 * losses, losses), 9) == 3.0


def test_a_head_that_knows_its_batches_by_heart_has_not_leapt_before_new_examples_suffer():
    untouched, losses = np.full(20, 0.001), np.linspace(0.001, 0.1, 20)
    assert peak_ratio(losses, untouched) > 50
    assert peak_ratio(losses, untouched, least=0.12) < 1
    assert peak_ratio(20 * losses, untouched, least=0.12) > 10


def test_head_alone_has_no_lowest_block(tmp_path):
    assert head(classifier(shared("bert"), CLASSES)).out_features == 2
    assert _start(replace(SANE, layers="head"), tmp_path).lowest_block_cka is None
