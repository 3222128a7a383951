"""People sign, refuse and waive; the run is judged again, and what it measured stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.small_run import SLICES, evidence, finished
from tests.registry.servers import KINDS, fresh_database
from touchstone.core.errors import InputError
from touchstone.core.finding import Finding, Severity, Status
from touchstone.govern.rejudge import measured_digest
from touchstone.pipeline import decisions, recording
from touchstone.pipeline.decisions import Person, judge_again, sign, waive
from touchstone.pipeline.finished import Finished
from touchstone.registry import roles
from touchstone.registry.book import Registry
from touchstone.registry.lineage import find
from touchstone.registry.products import Product, models_of, register
from touchstone.registry.verify import verify


@pytest.fixture(autouse=True, params=KINDS)
def state(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A state folder of its own; the account is ann's."""
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(recording.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(decisions, "account", lambda: "ann")
    if request.param == "sqlite":
        yield
        return
    with fresh_database() as url:
        monkeypatch.setenv(recording.VARIABLE, url)
        yield


def today_and(days: int) -> date:
    """So many days from now: asked at the moment of use, for tests may run past midnight."""
    return datetime.now(UTC).date() + timedelta(days=days)


def recorded(folder: Path, **more: Any) -> Path:
    """A run that ann has made and the registry knows."""
    run = finished(folder, **more)
    with Registry.open(recording.place()) as registry:
        recording.record(registry, Finished.read(run), "ann")
    return run


def verdict(run: Path) -> tuple[str, list[str]]:
    found = evidence(run)
    return found["verdict"], found["reasons"]


def as_(name: str, role: str = "owner") -> Person:
    return Person(role, "looked at every page", name)


def test_commercial_use_is_held_until_somebody_else_signs(tmp_path: Path) -> None:
    run = recorded(tmp_path / "s")
    before = measured_digest(evidence(run))
    assert verdict(run) == ("hold", ["govern.signoff"])
    made = sign(run, as_("bob"), "approve")
    assert verdict(run) == ("ship", [])
    assert made.as_data()["verdict"] == "ship"
    assert measured_digest(evidence(run)) == before
    record = json.loads((run / "decision.json").read_text(encoding="utf-8"))
    assert any("bob (owner) approved" in line for line in record["deciders"])
    assert "bob (owner) approved" in (run / "decision.md").read_text(encoding="utf-8")


def test_the_author_s_own_signature_trips_and_another_s_mends_it(tmp_path: Path) -> None:
    run = recorded(tmp_path / "s")
    sign(run, as_("ann"), "approve")
    assert verdict(run) == ("reject", ["govern.signoff"])
    sign(run, as_("bob"), "approve")
    assert verdict(run) == ("ship", [])


def test_a_team_needs_both_roles_by_two_people(tmp_path: Path) -> None:
    run = recorded(tmp_path / "s", use="internal", policy="team")
    sign(run, as_("bob", "owner"), "approve")
    assert verdict(run) == ("hold", ["govern.signoff"])
    with pytest.raises(InputError, match="already signed"):
        sign(run, as_("bob", "reviewer"), "approve")
    sign(run, as_("eve", "reviewer"), "approve")
    assert verdict(run) == ("ship", [])


def test_a_rejection_stands_until_the_same_person_approves(tmp_path: Path) -> None:
    run = recorded(tmp_path / "s")
    sign(run, as_("bob"), "approve")
    sign(run, as_("eve", "reviewer"), "reject")
    assert verdict(run) == ("reject", ["govern.signoff"])
    sign(run, as_("eve", "reviewer"), "approve")
    assert verdict(run) == ("ship", [])


def _edit_evidence(run: Path) -> None:
    found = evidence(run)
    found["findings"][0]["statement"] = "All is well."
    (run / "evidence.json").write_text(json.dumps(found))


def _edit_plan(run: Path) -> None:
    lock = run / "study.lock.yaml"
    lock.write_text(lock.read_text().replace("tell shapes", "tell people"))


def _edit_model(run: Path) -> None:
    (run / "model" / "config.json").write_text('{"a": 1}')


@pytest.mark.parametrize(
    ("edit", "what"), [(_edit_evidence, "evidence"), (_edit_plan, "plan"), (_edit_model, "model")]
)  # fmt: skip
def test_an_approval_falls_when_what_was_signed_changes_and_nothing_more_is_signed(
    tmp_path: Path, edit: Any, what: str
) -> None:
    run = recorded(tmp_path / "s")
    sign(run, as_("bob"), "approve")
    edit(run)
    with pytest.raises(InputError, match="nothing was signed"):
        sign(run, as_("eve"), "approve")
    judge_again(run)
    assert verdict(run) == ("reject", ["govern.signoff"])
    assert what in next(f for f in evidence(run)["findings"] if f["check"] == "govern.signoff")["statement"]


def test_an_approval_falls_when_the_policy_file_changes(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "p.yaml").write_text("touchstone_policy: 1\nroles: [owner]\n")
    run = recorded(tmp_path / "s", policy="p.yaml")
    sign(run, as_("bob"), "approve")
    assert verdict(run) == ("ship", [])
    (tmp_path / "s" / "p.yaml").write_text("touchstone_policy: 1\nroles: [owner]\nhold_on_inconclusive_major: true\n")
    judge_again(run)
    assert verdict(run) == ("reject", ["govern.signoff"])


def test_an_approval_runs_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = recorded(tmp_path / "s")
    sign(run, as_("bob"), "approve", until=today_and(5))
    _travel(monkeypatch, days=6)
    judge_again(run)
    assert verdict(run) == ("hold", ["govern.signoff"])


def _travel(monkeypatch: pytest.MonkeyPatch, **by: float) -> None:
    opened = Registry.open.__func__  # type: ignore[attr-defined]

    def later(cls: type[Registry], place: Any, **options: Any) -> Registry:
        return opened(cls, place, **{**options, "clock": lambda: datetime.now(UTC) + timedelta(**by)})

    monkeypatch.setattr(Registry, "open", classmethod(later))


def test_broken_glass_lets_through_alone_for_72_hours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = recorded(tmp_path / "s", policy="team")
    sign(run, as_("ann"), "approve", break_glass=True)
    assert verdict(run) == ("ship", [])
    assert "BREAK-GLASS" in (run / "decision.md").read_text(encoding="utf-8")
    _travel(monkeypatch, hours=73)
    judge_again(run)
    assert verdict(run) == ("hold", ["govern.signoff"])


def test_a_waiver_is_carried_openly_until_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = recorded(tmp_path / "s", failed=[SLICES])
    sign(run, as_("bob"), "approve")
    assert verdict(run) == ("hold", ["evaluate.slices"])
    waive(run, as_("eve", "compliance"), ("evaluate.slices", None), today_and(30), control="a person looks")
    assert verdict(run) == ("ship", [])
    waived = next(f for f in evidence(run)["findings"] if f["check"] == "evaluate.slices")
    assert (waived["status"], waived["details"]["waiver"]["by"]) == ("fail", "eve")
    assert waived["details"]["waiver"]["requested_by"] == "ann"
    assert "a person looks" in (run / "decision.md").read_text(encoding="utf-8")
    _travel(monkeypatch, days=31)
    judge_again(run)
    assert verdict(run) == ("hold", ["evaluate.slices"])
    assert "waiver" not in next(f for f in evidence(run)["findings"] if f["check"] == "evaluate.slices")["details"]


@pytest.mark.parametrize(
    ("who", "role", "check", "days", "said"),
    [
        ("ann", "compliance", "evaluate.slices", 30, "asked for this waiver"),
        ("eve", "compliance", "evaluate.slices", 91, "90 days at most"),
        ("eve", "compliance", "evaluate.slices", -1, "not between"),
        ("eve", "scientist", "evaluate.slices", 30, "does not sign"),
        ("eve", "legal", "evaluate.slices", 30, "supply.license alone"),
        ("eve", "compliance", "govern.signoff", 30, "is not waived"),
        ("eve", "compliance", "supply.license", 30, "those that do: evaluate.slices"),
    ],
)
def test_a_waiver_is_refused(tmp_path: Path, who: str, role: str, check: str, days: int, said: str) -> None:
    run = recorded(tmp_path / "s", failed=[SLICES])
    with pytest.raises(InputError, match=said):
        waive(run, as_(who, role), (check, None), today_and(days))
    assert "waiver" not in json.dumps(evidence(run))


def test_a_waiver_is_renewed_once(tmp_path: Path) -> None:
    run = recorded(tmp_path / "s", failed=[SLICES])
    for days in (10, 20):
        waive(run, as_("eve", "compliance"), ("evaluate.slices", None), today_and(days))
    with pytest.raises(InputError, match="renewed"):
        waive(run, as_("eve", "compliance"), ("evaluate.slices", None), today_and(30))


def test_at_home_one_person_may_waive_and_it_is_marked(tmp_path: Path) -> None:
    run = recorded(tmp_path / "s", use="research", failed=[SLICES])
    waive(run, as_("ann", "owner"), ("evaluate.slices", "camera=east"), today_and(9))
    assert verdict(run) == ("ship", [])
    assert next(f for f in evidence(run)["findings"] if f["check"] == "evaluate.slices")["details"]["waiver"][
        "self_signed"
    ]


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("scientist", "does not sign"),
        ("auditor", "does not sign"),
        ("reviwer", "did you mean 'reviewer'"),
        ("Ow ner", "is no role"),
    ],
)
def test_roles_that_do_not_sign_are_refused(tmp_path: Path, role: str, said: str) -> None:
    run = recorded(tmp_path / "s", policy="team")
    with pytest.raises(InputError, match=said):
        sign(run, as_("bob", role), "approve")


def test_a_role_that_belongs_to_somebody_is_delegated_with_an_end(tmp_path: Path) -> None:
    run = recorded(tmp_path / "s", policy="team")
    with Registry.open(recording.place()) as registry:
        with registry.writing() as writer:
            roles.grant(writer, "reviewer", "eve", "root", None)
        with pytest.raises(InputError, match="does not hold"), registry.writing() as writer:
            roles.grant(writer, "reviewer", "mallory", "mallory", today_and(0))
        with pytest.raises(InputError, match="has an end"), registry.writing() as writer:
            roles.grant(writer, "reviewer", "bob", "eve", None)
    with pytest.raises(InputError, match="does not hold the role reviewer"):
        sign(run, as_("bob", "reviewer"), "approve")
    with Registry.open(recording.place()) as registry, registry.writing() as writer:
        roles.grant(writer, "reviewer", "bob", "eve", today_and(3))
    sign(run, as_("bob", "reviewer"), "approve")


def test_a_delegate_of_the_author_is_not_somebody_else(tmp_path: Path) -> None:
    run = recorded(tmp_path / "s")
    with Registry.open(recording.place()) as registry:
        for to, by, until in (("ann", "ann", None), ("bob", "ann", today_and(0))):
            with registry.writing() as writer:
                roles.grant(writer, "owner", to, by, until)
    sign(run, as_("bob"), "approve")
    assert verdict(run) == ("reject", ["govern.signoff"])


def test_a_hostile_reason_is_kept_and_breaks_no_page(tmp_path: Path) -> None:
    run = recorded(tmp_path / "s", failed=[SLICES])
    reason = "<script>alert(1)</script> \x1b[2J '; DROP TABLE event; -- \u202e"
    waive(run, Person("compliance", reason, "eve"), ("evaluate.slices", None), today_and(3))
    assert "<script>alert(1)" not in (run / "report.html").read_text(encoding="utf-8")
    with Registry.open(recording.place()) as registry:
        assert verify(registry).whole


def test_without_a_reason_nothing_is_recorded(tmp_path: Path) -> None:
    run = recorded(tmp_path / "s")
    with pytest.raises(InputError, match="without a reason"):
        sign(run, Person("owner", "  ", "bob"), "approve")
    assert verdict(run) == ("hold", ["govern.signoff"])


def test_judging_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    run = recorded(tmp_path / "s", failed=[SLICES])
    sign(run, as_("bob"), "approve")
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    judge_again(run)
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()} == before


def test_a_run_of_elsewhere_is_recorded_as_its_owner_s_when_it_is_signed(tmp_path: Path) -> None:
    run = finished(tmp_path / "s")
    owner = (run / "evidence.json").owner()
    sign(run, as_(f"not {owner}"), "approve")
    assert verdict(run) == ("ship", [])
    sign(run, as_(owner), "reject")
    assert verdict(run) == ("reject", ["govern.signoff"])


def test_another_policy_is_judged_without_training_again(tmp_path: Path) -> None:
    run = recorded(tmp_path / "s", use="internal", failed=[])
    assert verdict(run) == ("ship", [])
    judge_again(run, policy="team")
    assert verdict(run) == ("hold", ["govern.signoff"])
    judge_again(run)
    assert verdict(run) == ("ship", [])


def test_two_people_who_sign_at_once_both_count(tmp_path: Path) -> None:
    run = recorded(tmp_path / "s", policy="team")
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "touchstone", "approve", str(run), "--role", role, "--reason", "looked", "--as", who],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for who, role in (("bob", "owner"), ("eve", "reviewer"))
    ]  # fmt: skip
    said = [one.communicate(timeout=120) for one in both]
    assert {one.returncode for one in both} <= {0, 4}, said
    assert verdict(run) == ("ship", [])


def test_the_review_date_is_the_day_on_which_the_first_sign_off_or_waiver_ends(tmp_path: Path) -> None:
    run = recorded(tmp_path / "s", failed=[SLICES])
    sign(run, as_("bob"), "approve", until=today_and(50))
    waive(run, as_("eve", "compliance"), ("evaluate.slices", None), today_and(20))
    record = json.loads((run / "decision.json").read_text(encoding="utf-8"))
    assert record["review"] == today_and(20).isoformat()
    assert record["review"] in (run / "decision.md").read_text(encoding="utf-8")


def test_what_is_overdue_behind_a_product_suspends_the_approval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = recorded(tmp_path / "s")
    sign(run, as_("bob"), "approve")
    with Registry.open(recording.place()) as registry, registry.writing() as writer:
        made = models_of(writer.session, find(writer.session, "shapes", "run"))
        register(writer, Product("shop", "carol"), made, "ann", "steward")
    _travel(monkeypatch, days=31)
    judge_again(run)
    assert verdict(run) == ("hold", ["govern.signoff"])
    said = next(f for f in evidence(run)["findings"] if f["check"] == "govern.signoff")["statement"]
    assert "suspended by what is overdue: security vetting of base is 30 days old, for shop" in said


def bound(metric: str, **details: Any) -> Finding:
    return Finding(
        "evaluate.requirements",
        "probe@base",
        Status.PASS,
        Severity.BLOCKER,
        "Met.",
        details={"metric": metric, **details},
    )


@pytest.mark.parametrize(
    ("first", "later", "eased"),
    [
        ({"accuracy": ">= 0.9"}, {"accuracy": ">= 0.5"}, True),
        ({"accuracy": ">= 0.9"}, {"accuracy": ">= 0.95"}, False),
        ({"accuracy": ">= 0.9", "mcc": ">= 0.5"}, {"accuracy": ">= 0.9"}, True),
        ({"latency_ms_p99": "<= 50"}, {"latency_ms_p99": "<= 90", "accuracy": ">= 0.1"}, True),
        ({"accuracy": ">= 0.9"}, {"accuracy": ">= 0.9", "mcc": ">= 0.5"}, False),
    ],
)
def test_a_bound_that_was_eased_after_the_first_opening_lifts_no_blocker(
    tmp_path: Path, first: dict[str, str], later: dict[str, str], eased: bool
) -> None:
    recorded(tmp_path / "a", use="research", require=first)
    run = recorded(tmp_path / "b", use="research", require=later, failed=[bound(metric) for metric in later])
    before = measured_digest(evidence(run))
    assert verdict(run) == ("ship", [])
    judge_again(run)
    assert verdict(run) == (("hold", ["evaluate.requirements"]) if eased else ("ship", []))
    changed = {metric for metric in {*first, *later} if first.get(metric) != later.get(metric)}
    findings = [f for f in evidence(run)["findings"] if f["check"] == "evaluate.requirements"]
    marked = {f["details"]["metric"] for f in findings if "post_hoc" in f["details"]}
    assert marked == (set(later) if set(first) - set(later) else changed)
    assert {f["status"] for f in findings if f["details"].get("post_hoc", {}).get("eased")} <= {"inconclusive"}
    assert all(("Post-hoc: changed after" in f["statement"]) == ("post_hoc" in f["details"]) for f in findings)
    assert measured_digest(evidence(run)) == before
    judge_again(run)
    assert measured_digest(evidence(run)) == before


def test_an_amendment_of_an_amendment_is_held_against_the_first_plan(tmp_path: Path) -> None:
    for name, accuracy in (("a", ">= 0.9"), ("b", ">= 0.5")):
        recorded(tmp_path / name, use="research", require={"accuracy": accuracy}, failed=[bound("accuracy")])
    back = recorded(
        tmp_path / "c",
        use="research",
        require={"accuracy": ">= 0.9"},
        policy="default",
        failed=[bound("accuracy", n=3)],
    )
    judge_again(back)
    assert verdict(back) == ("ship", [])
    third = recorded(tmp_path / "d", use="research", require={"accuracy": ">= 0.6"}, failed=[bound("accuracy", n=4)])
    judge_again(third)
    assert verdict(third) == ("hold", ["evaluate.requirements"])
    sign(third, as_("bob"), "approve")
    assert verdict(third) == ("hold", ["evaluate.requirements"])
    waive(third, as_("eve", "compliance"), ("evaluate.requirements", None), today_and(9))
    assert verdict(third) == ("ship", [])
