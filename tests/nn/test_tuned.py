import dataclasses

import numpy as np
import torch

from touchstone.core.measures import Cost, Effort, TrainingLog
from touchstone.nn.tuned import Tuned, read, read_weights, save


def _tuned(folder):
    log = TrainingLog(
        1e-3, (0, 4), (0, 32), (1.0, 0.5), (1.0, 0.6), (0.5, 0.8), (1.0, 0.9), (1e-3, 2e-3), ((1e-7, 1.0),)
    )
    shares = np.array([[0.25, 0.75]], np.float32)
    return Tuned(
        folder, "sha256:00", 3, ("a", "b"), 2, 5, log, Cost(1.5, None, 7, 9), Effort(2, 32, 1.5, "validation", ("mirror",)),
        shares, np.array([0.5]), np.array([0.4]), shares, np.array([1]), stopped="patience",
        cross_fitted=(("d1", True, 0.25), ("d2", False, 1.5)),
    )  # fmt: skip


def test_comes_back_as_it_was_saved(tmp_path):
    tuned = save(_tuned(tmp_path / "t"), {"head.weight": torch.ones(2, 3)})
    again = read(tmp_path / "t")
    for field in dataclasses.fields(Tuned):
        np.testing.assert_array_equal(getattr(tuned, field.name), getattr(again, field.name), err_msg=field.name)
    assert again.log == tuned.log and again.effort == tuned.effort
    assert read_weights(tmp_path / "t")["head.weight"].sum() == 6


def test_a_folder_without_a_finished_training_is_none(tmp_path):
    assert read(tmp_path) is None
    assert read(tmp_path / "nowhere") is None
