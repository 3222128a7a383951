import pytest

from tests.checks.desk import contest_desk, only
from touchstone.checks.evaluate import test_reuse
from touchstone.core.finding import Severity, Status

CHECK = test_reuse.TestReuse()


# The weakest that must trip: one opening more than the study allows.
@pytest.mark.parametrize(("openings", "budget"), [(4, 3), (2, 1), (50, 3)])
def test_trips_on_more_openings_than_the_study_allows(openings: int, budget: int) -> None:
    finding = only(list(CHECK.run(contest_desk(50, {"tuned": 0.9}, test_openings=budget).with_(openings=openings))))
    assert (finding.status, finding.severity, finding.subject) == (Status.FAIL, Severity.MAJOR, "test")


@pytest.mark.parametrize("openings", [1, 2, 3])
def test_stays_silent_within_the_budget_and_tells_the_price(openings: int) -> None:
    finding = only(
        list(CHECK.run(contest_desk(50, {"tuned": 0.9}).with_(openings=openings, openings_changed_model=True)))
    )
    assert finding.status is Status.PASS
    assert ("another model" in finding.statement) == (openings > 1)
