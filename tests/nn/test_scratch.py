import numpy as np
import pytest

from tests.nn.learnable import QUIET, data
from tests.nn.tiny import shared
from touchstone.core.measures import TrainingLog
from touchstone.nn.families import IMAGE, TEXT
from touchstone.nn.scratch import scratch, still_improving
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


def _log(losses):
    steps = tuple(range(len(losses)))
    return TrainingLog(1e-3, steps, steps, tuple(losses), tuple(losses), tuple(losses))


def test_says_when_it_was_still_improving():
    rng = np.random.default_rng(0)
    falling = np.linspace(2.0, 0.5, 24) + rng.normal(0, 0.02, 24)
    flat = np.r_[np.linspace(2.0, 1.0, 12), np.full(12, 1.0)] + rng.normal(0, 0.02, 24)
    assert still_improving(_log(falling))
    assert not still_improving(_log(flat))
    assert not still_improving(_log([1.0, 0.9]))


def test_rarely_calls_a_flat_curve_improving():
    rng = np.random.default_rng(1)
    alarms = sum(still_improving(_log(1 + rng.normal(0, 0.05, 24))) for _ in range(200))
    assert alarms <= 20
