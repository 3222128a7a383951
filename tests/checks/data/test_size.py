import numpy as np
import pytest

from tests.checks.desk import Desk, dataset, readable, study, texts
from touchstone.checks.data.size import Size
from touchstone.core.finding import Finding, Severity, Status
from touchstone.study.model import Requirement


def findings(n_train: int, n_test: int, classes: int = 2, *require: Requirement) -> dict[str, Finding]:
    data = dataset(texts(np.arange(n_train) % classes), texts(np.arange(n_test) % classes, "e"), classes=classes)
    found = {finding.subject: finding for finding in Size().run(Desk(study(*require), data))}
    for finding in found.values():
        readable(finding)
    return found


# The weakest fault that must trip: one item fewer than a flawless model needs to show the bound.
@pytest.mark.parametrize(("bound", "least"), [(0.85, 19), (0.95, 59), (0.99, 299)])
def test_trips_where_even_a_flawless_model_could_not_show_the_bound(bound: float, least: int) -> None:
    require = Requirement("accuracy", minimum=bound)
    short = findings(100, least - 1, 2, require)["test"]
    assert (short.status, short.severity, short.details["needed_more"]) == (Status.FAIL, Severity.MINOR, 1)
    assert "flawless" not in findings(100, least, 2, require)["test"].statement


@pytest.mark.parametrize(
    ("n", "status"), [(20, Status.FAIL), (60, Status.FAIL), (100, Status.FAIL), (1000, Status.PASS)]
)
def test_speaks_of_what_the_test_set_can_tell(n: int, status: Status) -> None:
    assert findings(100, n)["test"].status is status


def test_is_inconclusive_between_and_says_how_many_more() -> None:
    finding = findings(100, 200)["test"]
    assert finding.status is Status.INCONCLUSIVE
    more = finding.details["needed_more"]
    assert findings(100, 200 + more)["test"].status is Status.PASS
    assert f"{more:,} more labelled test texts" in (finding.remedy or "")


@pytest.mark.parametrize(("n", "status"), [(18, Status.FAIL), (30, Status.INCONCLUSIVE), (40, Status.PASS)])
def test_speaks_of_thin_classes_in_training(n: int, status: Status) -> None:
    finding = findings(n, 1000)["train"]
    assert (finding.status, finding.value) == (status, n // 2)


def test_an_impossible_bound_is_out_of_reach() -> None:
    assert findings(100, 500, 2, Requirement("accuracy", minimum=1.0))["test"].status is Status.FAIL
