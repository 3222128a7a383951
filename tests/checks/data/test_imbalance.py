import numpy as np
import pytest

from tests.checks.desk import Desk, dataset, only, study, texts
from touchstone.checks.data.imbalance import Imbalance
from touchstone.core.finding import Severity, Status


def desk(*counts: int) -> Desk:
    labels = np.repeat(np.arange(len(counts)), counts)
    return Desk(study(), dataset(texts(labels), texts([0, 1], "e"), classes=len(counts)))


# The weakest fault that must trip: 90 % of two classes, 80 % of four, one in twenty.
@pytest.mark.parametrize("counts", [(90, 10), (95, 5), (99, 1), (80, 7, 7, 6), (100, 100, 5), (50, 2)])
def test_trips_where_guessing_the_majority_looks_good(counts: tuple[int, ...]) -> None:
    finding = only(list(Imbalance().run(desk(*counts))))
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MINOR)
    assert "c0" in finding.statement


@pytest.mark.parametrize("counts", [(70, 30), (50, 50), (89, 11), (40, 30, 20, 10), (100, 60, 30, 20, 10, 6)])
def test_stays_silent_on_ordinary_and_long_tailed_shares(counts: tuple[int, ...]) -> None:
    assert only(list(Imbalance().run(desk(*counts)))).status is Status.PASS


def test_names_the_rare_classes() -> None:
    assert "c2" in only(list(Imbalance().run(desk(100, 90, 4)))).statement


def test_is_inconclusive_without_labels() -> None:
    finding = only(list(Imbalance().run(Desk(study(), dataset(texts([-1, -1]), texts([0], "e"))))))
    assert finding.status is Status.INCONCLUSIVE


def test_order_never_matters() -> None:
    one = desk(95, 5)
    order = np.random.default_rng(0).permutation(100)
    other = Desk(study(), dataset(one.data.train.take(order), texts([0, 1], "e")))
    assert only(list(Imbalance().run(one))) == only(list(Imbalance().run(other)))
