"""Running checks: nothing passes by absence."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.checks.desk import BASE, EVERYTHING, Desk, candidate, contest_desk, dataset, readable, study, texts
from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.flagged import MOST, Flag
from touchstone.checks.runner import run_checks
from touchstone.core import catalogue
from touchstone.core.finding import Finding, Severity, Status
from touchstone.study.model import Requirement

IDS = [row.id for row in catalogue.BUILT_IN]


def whole(n: int = 300, **more: Any) -> Desk:
    scores = {"majority": 0.5, "non-transfer": 0.7, "scratch": 0.75, "linear-probe": 0.85, "tuned": 0.9, "mine": 0.6}
    return contest_desk(n, scores, users=("mine",), **more)


def test_every_check_of_the_catalogue_states_at_least_one_finding() -> None:
    found = run_checks(IDS, whole(), EVERYTHING, {})
    assert {finding.check for finding in found} == set(IDS)
    for finding in found:
        readable(finding)


@pytest.mark.parametrize("available", [frozenset(), {Need.DATA}, {Need.DATA, Need.BASES}, EVERYTHING - {Need.TEST}])
def test_what_lacks_something_is_inconclusive_with_the_reason(available: frozenset[Need]) -> None:
    reasons = dict.fromkeys(Need, "budget")
    found = run_checks(IDS, whole(), available, reasons)
    assert {finding.check for finding in found} == set(IDS)
    by_id = {finding.check: finding for finding in found}
    for row in catalogue.BUILT_IN:
        if row.measured and not row.load().needs <= available:
            finding = by_id[row.id]
            assert (finding.status, finding.severity, finding.details["reason"]) == (
                Status.INCONCLUSIVE,
                row.severity,
                "budget",
            )
            assert "budget" in finding.statement
            readable(finding)


def test_checks_run_in_the_order_of_the_catalogue() -> None:
    found = run_checks(reversed(IDS), whole(), EVERYTHING, {})
    assert list(dict.fromkeys(finding.check for finding in found)) == IDS


def test_what_this_version_does_not_measure_shows_and_does_not_hold() -> None:
    named_only = [row.id for row in catalogue.BUILT_IN if not row.measured]
    found = run_checks(named_only, whole(), EVERYTHING, {})
    assert {finding.check for finding in found} == set(named_only)
    tuned = f"tuned@{BASE}"
    about = {"supply": BASE, "base": BASE, "data": "train", "evaluate": tuned, "adapt": tuned, "govern": "run"}
    for finding in found:
        assert finding.subject == about[finding.check.split(".")[0]]
        if finding.status is not Status.NOT_APPLICABLE:
            assert (finding.status, finding.severity) == (Status.INCONCLUSIVE, Severity.INFO)


def test_what_cannot_apply_says_so() -> None:
    desk = whole()
    found = run_checks(["data.coverage"], desk, EVERYTHING, {})
    assert [finding.status for finding in found] == [Status.NOT_APPLICABLE]
    table = Desk(study(base_models=(), task="tabular-classification"), desk.data)
    found = run_checks(IDS, table, {Need.DATA}, {})
    states = {finding.check: finding.status for finding in found}
    assert {states[id] for id in IDS if id.split(".")[0] in ("supply", "base", "compare", "evaluate", "adapt")} == {
        Status.NOT_APPLICABLE
    }


def test_a_later_check_reads_what_earlier_ones_found() -> None:
    found = run_checks(["compare.scratch", "compare.non_transfer", "govern.checkpoint"], whole(2000), EVERYTHING, {})
    states = {finding.check: finding for finding in found if "for_information" not in finding.details}
    assert states["compare.scratch"].status is Status.PASS
    assert states["govern.checkpoint"].details["confirmations"]["transfer shown to help"] == "there"


def test_the_users_other_recipes_are_judged_for_information() -> None:
    found = run_checks(IDS, whole(), EVERYTHING, {})
    mine = [finding for finding in found if finding.subject == f"mine@{BASE}"]
    assert {finding.check for finding in mine} >= {"adapt.forgetting", "compare.majority", "evaluate.calibration"}
    assert {finding.severity for finding in mine} == {Severity.INFO}


def test_a_finding_that_neither_fails_nor_doubts_carries_the_first_severity_of_its_row() -> None:
    for finding in run_checks(IDS, whole(3000), EVERYTHING, {}):
        if finding.status in (Status.PASS, Status.NOT_APPLICABLE) and "for_information" not in finding.details:
            assert finding.severity is catalogue.rows()[finding.check].severity, finding.check


def test_an_unknown_id_is_refused() -> None:
    with pytest.raises(KeyError, match=r"data\.nothing"):
        run_checks(["data.nothing"], whole(), EVERYTHING, {})


class _Silent(Check):
    id = "data.size"

    def run(self, context: Context) -> Iterator[Finding]:
        yield from ()


def test_silence_is_a_fault_and_not_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue.Row, "load", lambda self: _Silent())
    with pytest.raises(RuntimeError, match="stated nothing"):
        run_checks(["data.size"], whole(), EVERYTHING, {})


def test_all_flagged_examples_go_to_the_list_and_a_thousand_stay_in_the_finding() -> None:
    words = [f"word{i} and {i * 17} more" for i in range(10)] * 250
    desk = Desk(study(), dataset(texts(np.arange(len(words)) % 2, "r", words), texts([0, 1], "e")))
    flagged: list[Flag] = []
    (finding,) = run_checks(["data.duplicates"], desk, {Need.DATA}, {}, flagged=flagged)
    assert len(finding.details["pairs"]) == MOST
    assert finding.details["n_pairs"] == len(flagged) == 2490
    assert flagged[0] == Flag("data.duplicates", "train", "r0", "train", "r10", "exact", 1.0)


def test_the_same_desk_gives_the_same_findings() -> None:
    require = (Requirement("macro_f1", minimum=0.8),)
    assert run_checks(IDS, whole(require=require), EVERYTHING, {}) == run_checks(
        IDS, whole(require=require), EVERYTHING, {}
    )


def test_a_chosen_probe_is_not_asked_how_it_was_fine_tuned() -> None:
    desk = whole().with_(chosen_subject="linear-probe")
    found = {
        finding.check: finding for finding in run_checks(IDS, desk, EVERYTHING, {}) if finding.subject == "linear-probe"
    }
    for id in ("adapt.learning_rate", "adapt.forgetting", "adapt.overfitting", "adapt.stability", "compare.probe"):
        assert found[id].status is Status.NOT_APPLICABLE, id
    assert found["compare.non_transfer"].status is Status.PASS
    assert candidate("x").subject == f"x@{BASE}"
