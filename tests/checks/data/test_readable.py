from dataclasses import replace

import numpy as np
import pytest

from tests.checks.desk import Desk, dataset, only, study, texts
from touchstone.checks.data.readable import Readable
from touchstone.core.finding import Severity, Status
from touchstone.dataset.model import Unreadable


def desk(n_good: int, n_bad: int, kind: str = "corrupt") -> Desk:
    data = dataset(texts(np.arange(n_good) % 2), texts([0, 1], "e"))
    bad = tuple(Unreadable("train", f"bad{i}.png", kind, "cannot be decoded") for i in range(n_bad))
    return Desk(study(), replace(data, unreadable=bad))


def test_stays_silent_when_everything_could_be_read() -> None:
    finding = only(list(Readable().run(desk(200, 0))))
    assert (finding.status, finding.subject, finding.severity) == (Status.PASS, "train", Severity.MINOR)


# The weakest fault that must trip is a single example.
@pytest.mark.parametrize(
    ("n_bad", "severity"), [(1, Severity.MINOR), (9, Severity.MINOR), (10, Severity.MAJOR), (300, Severity.MAJOR)]
)
def test_trips_on_unreadable_examples_and_is_major_from_one_percent(n_bad: int, severity: Severity) -> None:
    finding = only(list(Readable().run(desk(990 if n_bad < 300 else 700, n_bad))))
    assert (finding.status, finding.severity) == (Status.FAIL, severity)
    assert finding.details["examples"] == [f"bad{i}.png" for i in range(n_bad)]
    assert "set aside" in finding.statement and "cannot be decoded" in finding.statement


@pytest.mark.parametrize(
    "kind", ["corrupt", "empty", "unlabelled", "missing", "too_large", "class_not_in_training", "class_seen_once"]
)
def test_says_every_kind_in_words(kind: str) -> None:
    finding = only(list(Readable().run(desk(50, 3, kind))))
    assert kind not in finding.statement or kind in ("empty", "missing", "corrupt")
    assert finding.details["by_kind"] == {kind: 3}


def test_speaks_of_a_split_that_only_has_unreadable_examples() -> None:
    one = desk(50, 0)
    one.data = replace(one.data, unreadable=(Unreadable("test", "x", "empty", "no text"),))
    found = {finding.subject: finding.status for finding in Readable().run(one)}
    assert found == {"train": Status.PASS, "test": Status.FAIL}
