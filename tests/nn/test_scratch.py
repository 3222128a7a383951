import numpy as np
import pytest

from tests.nn.learnable import QUIET, data
from tests.nn.tiny import shared
from touchstone.nn.families import IMAGE, TEXT
from touchstone.nn.scratch import scratch
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
