import numpy as np
import pytest
from numpy.typing import NDArray

from touchstone.evaluate.label_noise import flipped
from touchstone.evaluate.lapses import Lapses, lapses

N, CLASSES = 1500, 3


def asked(seed: int, wrong: float, hardness: float, groups: NDArray[np.int64] | None = None) -> Lapses:
    """Labels drawn as honest probabilities say, then a share of them flipped; the neighbours are ten such draws."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 4 / hardness, (N, CLASSES))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    drawn = (p.cumsum(axis=1) > rng.random((N, 1))).argmax(axis=1)
    votes = rng.multinomial(10, p) / 10
    return lapses(p.astype(np.float32), votes, flipped(drawn, CLASSES, wrong, rng), groups)


@pytest.mark.parametrize("hardness", [1, 2, 4])
def test_hard_tasks_are_not_taken_for_wrong_labels(hardness: float) -> None:
    """At 4 the named class is wrong in nearly half of all cases."""
    alarms = sum(asked(seed, 0.0, hardness).ends(0.001)[0] > 0.02 for seed in range(40))
    assert alarms == 0


@pytest.mark.parametrize("wrong", [0.05, 0.1, 0.2])
def test_bounds_hold_what_was_flipped(wrong: float) -> None:
    """Each 5 % bound may miss it twice in forty on the average; eight is beyond 999 of 1,000 runs."""
    found = [asked(seed, wrong, 1.5) for seed in range(40)]
    assert sum(one.ends(0.05)[0] > wrong for one in found) < 8
    assert sum(one.ends(0.05)[1] < wrong for one in found) < 8
    assert np.mean([one.rate for one in found]) == pytest.approx(wrong, abs=0.015)


def test_one_label_in_ten_is_proven_in_easy_tasks() -> None:
    """At hardness 0.5 the probe is right in 93 %; at 1, of which 86 % are plain, a few are left open."""
    proven = [sum(asked(seed, 0.1, hardness).ends(0.001)[0] > 0.02 for seed in range(20)) for hardness in (0.5, 1)]
    assert proven[0] == 20 and proven[1] >= 15


def test_probe_and_neighbours_that_know_everything_leave_no_doubt() -> None:
    labels = np.arange(300) % 3
    sure = np.eye(3)[labels]
    assert lapses(sure, sure, labels).rate == 0.0
    assert lapses(sure, sure, flipped(labels, 3, 0.1, np.random.default_rng(1))).rate == pytest.approx(0.1, abs=0.01)


def test_groups_that_err_together_widen_the_bounds() -> None:
    rng = np.random.default_rng(1)
    labels = np.arange(600) % 3
    sure = np.clip(np.eye(3)[labels], 0.02, 0.96)
    groups = np.arange(600) // 30
    whole = np.isin(groups, rng.permutation(20)[:2])
    given = np.where(whole, (labels + 1) % 3, labels)
    alone, together = lapses(sure, sure, given), lapses(sure, sure, given, groups)
    assert together.ends(0.05)[0] < alone.ends(0.05)[0] and together.ends(0.05)[1] > alone.ends(0.05)[1]


def test_which_class_is_written_instead_tells_wrong_labels_from_hard_cases() -> None:
    """Eight classes of equally plain cases: hard ones would carry the runner-up, flipped ones carry any."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 8, 400)
    p = 0.001 + 0.001 * rng.random((400, 8))
    p[np.arange(400), (labels + 1) % 8] = rng.uniform(0.05, 0.2, 400)
    p[np.arange(400), labels] += 1 - p.sum(axis=1)
    # honest labels: drawn as often as the probe says
    hard = np.where(rng.random(400) < p[np.arange(400), (labels + 1) % 8], (labels + 1) % 8, labels)
    votes = rng.multinomial(10, p / p.sum(axis=1, keepdims=True)) / 10
    assert lapses(p, votes, flipped(labels, 8, 0.15, rng)).ends(0.001)[0] > 0.04
    assert lapses(p, votes, hard).ends(0.001)[0] <= 0.02
