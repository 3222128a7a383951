"""No pass without shown sensitivity."""

from __future__ import annotations

import numpy as np
import pytest

from touchstone.core.finding import Status
from touchstone.stats.plant import Sensitivity, recover


def test_a_sharp_check_recovers_every_plant_and_says_so():
    sensitivity = recover(lambda generator: True, tries=10, seed=0, what="5 % flipped labels")
    assert str(sensitivity) == "would have caught 5 % flipped labels: 10/10"
    assert sensitivity.gate(Status.PASS) is Status.PASS


def test_a_blunt_check_may_not_pass():
    sensitivity = recover(lambda generator: generator.random() < 0.5, tries=20, seed=0, what="a border marker")
    assert not sensitivity.enough
    assert sensitivity.gate(Status.PASS) is Status.INCONCLUSIVE


@pytest.mark.parametrize("status", [Status.FAIL, Status.INCONCLUSIVE, Status.NOT_APPLICABLE])
def test_sensitivity_changes_nothing_but_a_pass(status):
    assert Sensitivity(0, 10, "anything").gate(status) is status


def test_nine_of_ten_are_enough_and_no_tries_are_not():
    assert Sensitivity(9, 10, "x").enough
    assert not Sensitivity(8, 10, "x").enough
    assert not Sensitivity(0, 0, "x").enough


def test_the_same_seed_plants_the_same_faults():
    seen: list[list[float]] = [[], []]
    for run in seen:
        recover(lambda generator, run=run: bool(run.append(generator.random())), tries=4, seed=3, what="x")
    assert seen[0] == seen[1]
    assert len(np.unique(seen[0])) == 4
