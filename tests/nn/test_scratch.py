from dataclasses import replace

import numpy as np
import pytest

from tests.nn.learnable import QUIET, data
from tests.nn.tiny import shared
from touchstone.core.measures import TrainingLog
from touchstone.nn.families import IMAGE, TEXT
from touchstone.nn.scratch import by_heart, scratch
from touchstone.nn.train import load_tuned, predict


def _run(family, folder, given, *, examples_seen, stop=None):
    base = shared(family)
    return scratch(
        base, given, seed=0, folder=folder / "scratch", cache=folder / "cache", stop=stop, progress=QUIET,
        examples_seen=examples_seen,
    )  # fmt: skip


@pytest.mark.parametrize(("family", "task"), [("resnet", IMAGE), ("bert", TEXT)])
def test_trains_a_slim_network_from_nothing(tmp_path, family, task):
    given = data(task, 48)
    tuned = _run(family, tmp_path, given, examples_seen=48 * 12)
    assert tuned.fresh and tuned.slim
    assert min(tuned.log.validation_losses) < tuned.log.validation_losses[0]
    assert tuned.effort.examples_seen >= 48 * 12
    said = predict(shared(family), tuned.folder, given.validation, cache=tmp_path / "cache", progress=QUIET)
    np.testing.assert_allclose(said, tuned.validation_probabilities, atol=1e-5)


def test_moves_the_normalisation_statistics(tmp_path):
    tuned = _run("resnet", tmp_path, data(IMAGE), examples_seen=64)
    loaded = dict(load_tuned(shared("resnet"), tuned.folder).named_buffers())
    assert any(float(value.abs().sum()) > 0 for name, value in loaded.items() if name.endswith("running_mean"))


def test_stops_when_it_is_told_to_and_says_why(tmp_path):
    asked = []

    def stop(log):
        asked.append(log)
        return "cannot catch up" if len(log.steps) == 3 else None

    tuned = _run("resnet", tmp_path, data(IMAGE), examples_seen=32 * 20, stop=stop)
    assert tuned.stopped == "cannot catch up" and len(asked) == 2
    assert not tuned.undertrained


def _curve(train: list[float], tempered: list[float]) -> TrainingLog:
    looks = tuple(range(len(train)))
    return TrainingLog(
        learning_rate=1e-3, steps=looks, examples_seen=looks, train_losses=tuple(train), validation_losses=tuple(tempered),
        validation_accuracies=(0.5,) * len(looks), tempered_losses=tuple(tempered),
    )  # fmt: skip


def test_ends_where_training_examples_are_known_by_heart_and_new_ones_are_lost():
    rising = [1.1, 0.52, 0.51, 0.53, 0.54, 0.61, 0.62, 0.63, 0.65]
    known = [1.2, 0.7, 0.5, 0.3, 0.2, 0.15, 0.12, 0.1, 0.07]
    ends = [by_heart(_curve(known[:n], rising[:n])) for n in range(1, 10)]
    assert ends == [False] * 7 + [True] * 2
    assert not by_heart(_curve([1.2] * 9, rising))  # it has not learnt them yet: the rate may still fall
    assert not by_heart(_curve(known, [1.1, 0.9, 0.8, 0.7, 0.6, 0.55, 0.5, 0.5, 0.5]))


def test_a_training_that_has_nothing_left_to_learn_rests_with_its_best_weights(tmp_path):
    """Wrong labels are learnt last, and what is right of new examples is lost over them."""
    given = data(TEXT, 96)
    wrong = np.random.default_rng(1).random(96) < 0.2
    labels = np.where(wrong, 1 - given.train.labels, given.train.labels)
    tuned = _run("bert", tmp_path, replace(given, train=replace(given.train, labels=labels)), examples_seen=96 * 300)
    assert tuned.rested and tuned.stopped is None and not tuned.undertrained
    assert tuned.effort.examples_seen < 96 * 300
    kept = min(tuned.log.tempered_losses)
    assert tuned.log.tempered_losses[-1] > 1.1 * kept
