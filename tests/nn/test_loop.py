from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.nn.learnable import QUIET, data
from tests.nn.tiny import shared
from touchstone.core.recipe import Recipe
from touchstone.nn.families import TEXT
from touchstone.nn.job import lay_out
from touchstone.nn.loop import Plan, repeatable, train

PLAN = Plan(rate=5e-3, epochs=6, horizon=6, batch_size=8)


@pytest.fixture
def bench(tmp_path):
    return lay_out(shared("bert"), Recipe("a", layers=1), data(TEXT), seed=0, head=None, cache=tmp_path, progress=QUIET)


def _train(bench, plan, **more):
    return train(bench.network, bench.train, bench.labels, plan, bench.criterion, seed=0, held=bench.validation, **more)


def test_log_has_every_step_and_every_look(bench):
    outcome = _train(bench, PLAN)
    log = outcome.log
    assert len(log.step_losses) == 24
    assert log.steps == (0, 4, 8, 12, 16, 20, 24)
    assert log.examples_seen == (0, 32, 64, 96, 128, 160, 192)
    assert len(log.validation_losses) == len(log.train_losses) == len(log.validation_accuracies) == 7
    assert outcome.final.loss == log.validation_losses[-1]
    assert outcome.best.loss == min(log.validation_losses)


def test_many_epochs_are_looked_at_25_times_at_most(bench):
    log = _train(bench, replace(PLAN, epochs=60, horizon=60)).log
    assert len(log.steps) <= 26 and log.steps[-1] == 240


def test_patience_ends_a_training_and_keeps_its_best_weights(bench):
    wild = replace(PLAN, rate=0.3, epochs=30, horizon=30, patience=2)
    outcome = _train(bench, wild)
    assert "has not fallen" in outcome.stopped
    assert len(outcome.log.steps) < 31
    assert outcome.final.loss < outcome.log.validation_losses[-1]


def test_averaging_keeps_the_mean_of_the_last_quarter(bench):
    start = bench.network.state()
    states = []
    for steps in range(19, 25):
        bench.network.restore(start)
        _train(bench, PLAN, most_steps=steps)
        states.append(bench.network.state())
    bench.network.restore(start)
    _train(bench, replace(PLAN, average=True))
    for name, value in bench.network.state().items():
        mean = torch.stack([state[name] for state in states]).mean(0)
        torch.testing.assert_close(value, mean, rtol=1e-4, atol=1e-6)


def test_ends_when_the_loss_is_no_longer_a_number(bench):
    with torch.no_grad():
        next(iter(bench.network.weights.values())).fill_(float("nan"))
    outcome = _train(bench, PLAN)
    assert outcome.stopped == "the training loss is no longer a number"
    assert len(outcome.log.step_losses) == 1
    assert np.isfinite(outcome.final.losses).all()


def test_a_schedule_cut_short_takes_the_same_first_steps(bench):
    start = bench.network.state()
    whole = _train(bench, PLAN).log.step_losses
    bench.network.restore(start)
    assert _train(bench, replace(PLAN, epochs=3)).log.step_losses == whole[:12]


def test_repeatable_leaves_the_generator_as_it_was():
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    with repeatable(9):
        torch.rand(3)
    torch.testing.assert_close(torch.rand(2), expected)
    assert not torch.are_deterministic_algorithms_enabled()
