from dataclasses import replace

import numpy as np
import pytest

from tests.checks.data.probing import pictures, scenes
from tests.checks.desk import Desk, dataset, near, readable, study, texts
from touchstone.checks.data.duplicates import Duplicates
from touchstone.core.finding import Finding, Severity, Status
from touchstone.dataset.duplicates import Near

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


def test_copies_that_differ_in_punctuation_alone_conflict_and_other_near_ones_are_said() -> None:
    words = [*WORDS[:100], WORDS[3] + "!", WORDS[4].replace("nothing", "naught")]
    pairs = (near(WORDS[3], words[100]), near(WORDS[4], words[101]))
    finding = found(words, np.r_[np.arange(100) % 2, 0, 1], near=pairs)
    assert finding.severity is Severity.MAJOR
    assert finding.details["conflicting"] == ["r100", "r3"]
    assert "1 pair of near copies carries two labels" in finding.statement
    kinds = {pair[:2]: pair[2] for pair in finding.details["pairs"]}
    assert kinds == {("r3", "r100"): "two_labels", ("r4", "r101"): "near_two_labels"}


def test_near_copies_of_one_label_or_other_figures_make_nothing_major() -> None:
    words = [*WORDS[:100], WORDS[3] + "!", "a price of 3.5 was paid", "a price of 35 was paid"]
    pairs = (near(WORDS[3], words[100]), near(words[101], words[102]))
    finding = found(words, np.r_[np.arange(100) % 2, 1, 0, 1], near=pairs)
    assert (finding.severity, finding.details["conflicting"]) == (Severity.MINOR, [])


@pytest.mark.parametrize(
    ("score", "kind", "severity"),
    [(0.999, "near", Severity.MAJOR), (0.98, "near", Severity.MINOR), (0.999, "mirror", Severity.MINOR)],
)
def test_pictures_conflict_where_they_are_the_same_beyond_doubt(score: float, kind: str, severity: Severity) -> None:
    labels = np.arange(20) % 2
    train = pictures(scenes(labels), labels)
    pair = Near(train.digests[2], train.digests[5], kind, score)
    data = dataset(train, train.take([]), train.take([]), given=True, near=(pair,))
    finding = next(iter(Duplicates().run(Desk(study(task="image-classification"), data))))
    assert finding.severity is severity
    assert finding.details["near_with_two_labels"] == 1
