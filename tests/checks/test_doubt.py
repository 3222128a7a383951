import pytest

from touchstone.checks.doubt import beyond_numbers, more

WHAT, QUESTION = "labelled test images", "it is better"


@pytest.mark.parametrize(
    ("n", "needed", "extra"), [(200, 201, 20), (1097, 1153, 110), (360, 361, 36), (20, 21, 10), (300, 3900, 3600)]
)
def test_no_fewer_than_a_tenth_is_ever_promised_to_decide(n: int, needed: int, extra: int) -> None:
    doubt = more(n, needed, WHAT, QUESTION)
    assert (doubt.details["needed_more"], doubt.details["needed"]) == (extra, n + extra)
    assert doubt.remedy == f"about {extra:,} more labelled test images would decide whether it is better"


@pytest.mark.parametrize("needed", [None, 100, 10**9])
def test_where_no_number_would_do_none_is_given(needed: int | None) -> None:
    doubt = more(200, needed, WHAT, QUESTION)
    assert "needed_more" not in doubt.details and "too close to call" in doubt.remedy


def test_a_question_that_examples_do_not_settle_gets_no_number() -> None:
    doubt = beyond_numbers("look at the head", WHAT)
    assert doubt.remedy == "look at the head" and doubt.details == {"needed": None, "needed_what": WHAT}
