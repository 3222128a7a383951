"""Evidence ages, waivers and sign-offs end, advisories wait: each is told once, with its owner and day."""

from __future__ import annotations

from datetime import date

import pytest

from tests.registry import trees
from tests.registry.conftest import Clock
from tests.registry.test_advisories import publish, respond
from touchstone.registry.book import Registry
from touchstone.registry.due import behind, due, overdue_for, standing
from touchstone.registry.effects import Effects, Entity, Link
from touchstone.registry.lineage import find
from touchstone.registry.products import Product, register, retire

START = date(2026, 5, 4)


@pytest.fixture
def filled(registry: Registry) -> Registry:
    """A product of dora's on a model that was made from a base and judged by a run."""
    trees.model(registry, "base")
    trees.model(registry, "made", "base")
    with registry.writing() as writer:
        facts = {"ranking": [], "chosen": None}
        links = (Link("run:1", "judged", "model:made"), Link("run:1", "considered", "model:base"))
        writer.append("run", "run:1", Effects(Entity("run:1", "run", "made", facts), links), actor=writer.person("ann"))
        register(writer, Product("shop", "dora"), [find(writer.session, "model:made")], "ann", "steward")
    return registry


def told(registry: Registry, today: date, days: int = 0) -> list[tuple[str, str, str]]:
    with registry.reading() as session:
        return [(one.day, one.what, one.owner) for one in due(session, today, days)]


@pytest.mark.parametrize(
    ("days", "what"),
    [
        (30, "security vetting of base is 30 days old"),
        (90, "provenance of base is 90 days old"),
        (180, "evaluation is 180 days old"),
    ],
)
def test_evidence_behind_a_product_falls_due_on_its_day(filled: Registry, days: int, what: str) -> None:
    day = date.fromordinal(START.toordinal() + days)
    assert (day.isoformat(), what, "dora") in told(filled, day)
    assert what not in [one[1] for one in told(filled, date.fromordinal(day.toordinal() - 1))]


def test_vetting_again_makes_it_young(filled: Registry, clock: Clock) -> None:
    clock.forward(days=29)
    with filled.writing() as writer:
        writer.append(
            "vet",
            "vetting:1",
            Effects(Entity("vetting:1", "vetting", "base"), (Link("vetting:1", "vetted", "model:base"),)),
        )
    assert told(filled, date.fromordinal(START.toordinal() + 31)) == []


def test_what_is_retired_needs_nothing(filled: Registry) -> None:
    with filled.writing() as writer:
        retire(writer, find(writer.session, "shop"), "ann", "steward")
    assert told(filled, date(2030, 1, 1)) == []


def test_an_advisory_waits_until_it_is_answered(filled: Registry) -> None:
    publish(filled, "CVE-1", "base")
    waiting = ("2026-05-11", "advisory CVE-1", "dora")
    assert waiting in told(filled, START, 7)
    assert waiting not in told(filled, START, 6)
    respond(filled, "CVE-1", "shop", "fixed")
    assert waiting not in told(filled, START, 7)


def test_a_waiver_and_an_approval_that_end_are_told_until_they_have(filled: Registry) -> None:
    with filled.writing() as writer:
        eve = writer.person("eve")
        for kind, relation, more in (
            ("waiver", "waives", {"asked": eve}),
            ("approval", "signs", {"break_glass": True}),
        ):
            plain = {"until": "2026-05-20", **more}
            writer.append(
                "x",
                "run:1",
                Effects(Entity(f"{kind}:1", kind, "made", plain), (Link(f"{kind}:1", relation, "run:1"),)),
                actor=eve,
            )
    assert told(filled, START, 16) == [
        ("2026-05-20", "break-glass approval ends", "eve"),
        ("2026-05-20", "waiver ends", "eve"),
    ]
    assert [one for one in told(filled, date(2026, 5, 21)) if "ends" in one[1]] == []


def test_a_diamond_is_told_once(registry: Registry) -> None:
    trees.diamond(registry)
    publish(registry, "CVE-1", "base", "left")
    with registry.reading() as session:
        owners = [one.entry for one in due(session, START, 7) if one.what.startswith("advisory")]
    assert sorted(owners) == ["blog", "shop"]


def test_what_is_overdue_suspends_the_product_until_it_is_settled(filled: Registry, clock: Clock) -> None:
    def state(day: date) -> tuple[str, str]:
        with filled.reading() as session:
            now = standing(session, find(session, "shop"), day)
            return now.state, now.until

    assert state(date(2026, 6, 3)) == ("active", "")
    assert state(date(2026, 6, 4)) == ("suspended", "security vetting of base is 30 days old, due 2026-06-03")
    clock.forward(days=31)
    with filled.writing() as writer:
        links = (Link("vetting:1", "vetted", "model:base"),)
        writer.append("vet", "vetting:1", Effects(Entity("vetting:1", "vetting", "base", {}), links))
    assert state(date(2026, 6, 4)) == ("active", "")


def test_what_is_overdue_behind_a_product_weighs_on_the_run_that_made_its_model(filled: Registry) -> None:
    with filled.reading() as session:
        run = find(session, "run:1")
        assert overdue_for(session, run, date(2026, 6, 3)) == []
        assert [one.what for one in overdue_for(session, run, date(2026, 6, 4))] == [
            "security vetting of base is 30 days old"
        ]
    with filled.writing() as writer:
        retire(writer, find(writer.session, "shop"), "ann", "steward")
    with filled.reading() as session:
        assert overdue_for(session, find(session, "run:1"), date(2026, 6, 4)) == []


def test_an_advisory_that_waits_too_long_is_overdue_for_its_product(filled: Registry) -> None:
    publish(filled, "TS-1", "base", severity="major")
    with filled.reading() as session:
        product = find(session, "shop")
        assert behind(session, product, date(2026, 6, 3)) == []
        assert "advisory TS-1" in [one.what for one in behind(session, product, date(2026, 6, 4))]
