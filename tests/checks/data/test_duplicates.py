from dataclasses import replace

import numpy as np
import pytest

from tests.checks.desk import Desk, dataset, near, readable, study, texts
from touchstone.checks.data.duplicates import Duplicates
from touchstone.core.finding import Finding, Severity, Status

WORDS = [f"a sentence about thing number {i} and nothing else {i * i}" for i in range(1000)]


def found(words: list[str], labels: object = None, **more: object) -> Finding:
    labels = np.arange(len(words)) % 2 if labels is None else labels
    desk = Desk(study(), dataset(texts(labels, "r", words), texts([0, 1], "e"), **more))
    finding = {one.subject: one for one in Duplicates().run(desk)}["train"]
    readable(finding)
    return finding


def test_stays_silent_on_different_examples() -> None:
    finding = found(WORDS)
    assert (finding.status, finding.severity) == (Status.PASS, Severity.MINOR)


# The weakest fault that must trip is one copy in a thousand.
@pytest.mark.parametrize("copies", [1, 5, 100])
def test_trips_on_copies_within_a_split(copies: int) -> None:
    finding = found(WORDS + WORDS[:copies], np.r_[np.arange(1000) % 2, np.arange(copies) % 2])
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MINOR)
    assert finding.details["n_exact"] == copies
    assert finding.details["pairs"][0] == ("r0", "r1000", "exact", 1.0)


def test_case_and_spacing_do_not_hide_a_copy() -> None:
    assert found([*WORDS[:50], WORDS[3].upper().replace(" ", "   ")]).status is Status.FAIL


@pytest.mark.parametrize(
    ("torn", "severity"), [(1, Severity.MINOR), (2, Severity.MINOR), (3, Severity.MAJOR), (40, Severity.MAJOR)]
)
def test_one_input_with_two_labels_is_major_from_half_a_percent(torn: int, severity: Severity) -> None:
    labels = np.arange(1000) % 2
    finding = found(WORDS + WORDS[:torn], np.r_[labels, 1 - labels[:torn]])
    assert (finding.status, finding.severity) == (Status.FAIL, severity)
    assert len(finding.details["conflicting"]) == 2 * torn
    assert finding.details["pairs"][0][2] == "two_labels"


def test_verified_near_copies_count() -> None:
    finding = found(WORDS[:50], near=(near(WORDS[3], WORDS[9]), near(WORDS[3], "a text of another split")))
    assert (finding.status, finding.details["n_near"]) == (Status.FAIL, 1)
    assert finding.details["pairs"] == [("r3", "r9", "near", 0.95)]


def test_order_never_matters() -> None:
    words = WORDS[:50] + WORDS[:5]
    labels = np.arange(55) % 2
    order = np.random.default_rng(3).permutation(55)
    one, other = found(words, labels), found([words[i] for i in order], labels[order])
    assert (one.status, one.value, one.severity) == (other.status, other.value, other.severity)


def test_speaks_of_every_given_split() -> None:
    data = dataset(texts([0, 1] * 5, "a"), texts([0, 1] * 3, "b"), texts([0, 1], "v"), given=True)
    assert {one.subject for one in Duplicates().run(Desk(study(), data))} == {"train", "validation", "test"}
    assert {one.subject for one in Duplicates().run(Desk(study(), replace(data, given={"train": data.train})))} == {
        "train"
    }
