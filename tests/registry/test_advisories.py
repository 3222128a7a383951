"""An advisory reaches everything that rests on a model, at once, and lets go of it when it is answered."""

from __future__ import annotations

import pytest

from tests.registry import trees
from touchstone.core.errors import RegistryError
from touchstone.registry import advisories, lineage
from touchstone.registry.advisories import Advisory, advise, reply
from touchstone.registry.book import Registry
from touchstone.registry.effects import Effects, Entity, Link
from touchstone.registry.products import Product, register, retire, substitutes
from touchstone.registry.verify import verify


def run_on(registry: Registry, model: str) -> None:
    """A run that judged a model, and an approval and a rejection of it."""
    run = f"run:{model}"
    facts = {
        "ranking": [{"base": "b2", "id": "", "rank": 2}, {"base": "b1", "id": "model:base", "rank": 1}],
        "chosen": {"base": "b1"},
    }
    with registry.writing() as writer:
        ann = writer.person("ann")
        writer.append(
            "run", run, Effects(Entity(run, "run", model, facts), (Link(run, "judged", f"model:{model}"),)), actor=ann
        )
        for kind in ("approval", "rejection"):
            id = f"{kind}:{model}"
            writer.append("sign", run, Effects(Entity(id, kind, model), (Link(id, "signs", run),)), actor=ann)


def publish(registry: Registry, name: str, *models: str, severity: str = "blocker") -> None:
    with registry.writing(decision=True) as writer:
        known = [lineage.find(writer.session, f"model:{model}") for model in models]
        advise(writer, Advisory(name, "vulnerability", severity, "a planted trigger"), known, "carol", "steward")


def respond(registry: Registry, name: str, product: str, status: str) -> None:
    with registry.writing() as writer:
        advisory, known = lineage.find(writer.session, name), lineage.find(writer.session, product)
        reply(writer, advisory, known, status, "looked", "dora", "owner")


def state(registry: Registry, id: str) -> str:
    with registry.reading() as session:
        return lineage.find(session, id).state


def test_a_blocker_suspends_approvals_and_products_below_and_nothing_else(registry: Registry) -> None:
    trees.diamond(registry)
    trees.model(registry, "other")
    trees.product(registry, "aside", "other")
    for model in ("merged", "other"):
        run_on(registry, model)
    publish(registry, "CVE-1", "base")
    assert [state(registry, one) for one in ("approval:merged", "product:shop", "product:blog")] == ["suspended"] * 3
    untouched = ("approval:other", "product:aside", "rejection:merged")
    assert [state(registry, one) for one in untouched] == ["active"] * 3
    assert verify(registry).whole


@pytest.mark.parametrize(("severity", "days"), [("major", "2026-06-03"), ("minor", "2026-08-02")])
def test_what_is_less_than_a_blocker_marks_products_and_suspends_no_approval(
    registry: Registry, severity: str, days: str
) -> None:
    trees.diamond(registry)
    run_on(registry, "merged")
    publish(registry, "CVE-1", "left", severity=severity)
    with registry.reading() as session:
        shop = lineage.find(session, "product:shop")
    assert (shop.state, shop.until, state(registry, "approval:merged")) == ("affected", days, "active")


def test_an_answer_brings_a_product_back_unless_another_advisory_holds_it(registry: Registry) -> None:
    trees.diamond(registry)
    publish(registry, "CVE-1", "base")
    publish(registry, "CVE-2", "left", severity="major")
    respond(registry, "CVE-1", "shop", "under_investigation")
    assert state(registry, "product:shop") == "suspended"
    respond(registry, "CVE-1", "shop", "fixed")
    assert state(registry, "product:shop") == "affected"
    respond(registry, "CVE-2", "shop", "not_affected")
    assert state(registry, "product:shop") == "active"
    respond(registry, "CVE-2", "shop", "affected")
    assert state(registry, "product:shop") == "affected"


def test_a_product_that_comes_later_is_born_affected(registry: Registry) -> None:
    trees.diamond(registry)
    publish(registry, "CVE-1", "base")
    with registry.writing() as writer:
        models = [lineage.find(writer.session, "model:merged")]
        assert register(writer, Product("late", "dora"), models, "ann", "steward").state == "suspended"
        other = Effects(Entity("model:o", "model", "o"))
        writer.append("register", "model:o", other)
        moved = register(writer, Product("late", "dora"), [lineage.find(writer.session, "model:o")], "ann", "steward")
        assert moved.state == "active"


def test_a_product_elsewhere_cannot_answer(registry: Registry) -> None:
    trees.diamond(registry)
    publish(registry, "CVE-1", "right")
    with pytest.raises(RegistryError, match="does not rest on"):
        respond(registry, "CVE-1", "blog", "fixed")
    with pytest.raises(RegistryError, match="is no answer"):
        respond(registry, "CVE-1", "shop", "whatever")


def test_an_advisory_is_published_once(registry: Registry) -> None:
    trees.diamond(registry)
    publish(registry, "CVE-1", "base")
    with pytest.raises(RegistryError, match="is known"):
        publish(registry, "CVE-1", "base")
    with pytest.raises(RegistryError, match="severities"):
        publish(registry, "CVE-2", "base", severity="awful")


def test_retired_products_are_no_longer_exposed(registry: Registry) -> None:
    trees.diamond(registry)
    with registry.writing() as writer:
        retire(writer, lineage.find(writer.session, "product:shop"), "ann", "steward")
    publish(registry, "CVE-1", "base")
    with registry.reading() as session:
        advisory = lineage.find(session, "CVE-1")
        (model,) = advisories.affected(session, advisory)
        assert [one.name for one, _ in lineage.exposed(session, model)] == ["blog"]
    assert state(registry, "product:shop") == "retired"


def test_substitutes_are_what_came_next_in_the_study(registry: Registry) -> None:
    trees.diamond(registry)
    run_on(registry, "merged")
    with registry.reading() as session:
        assert substitutes(session, lineage.find(session, "product:shop")) == ["b2"]


def test_a_known_product_is_not_silently_given_to_somebody_else(registry: Registry) -> None:
    trees.diamond(registry)
    with registry.writing() as writer:
        models = [lineage.find(writer.session, "model:left")]
        register(writer, Product("p", "dora", 2), models, "ann", "steward")
        with pytest.raises(RegistryError, match="another owner"):
            register(writer, Product("p", "mallory", 2), models, "ann", "steward")
        with pytest.raises(RegistryError, match="between 1 and 5"):
            register(writer, Product("q", "dora", 6), models, "ann", "steward")


@pytest.mark.parametrize("role", ["auditor", "scientist", "Ste ward"])
def test_who_may_not_suspend_changes_nothing(registry: Registry, role: str) -> None:
    trees.diamond(registry)
    with pytest.raises(RegistryError, match=r"--role"), registry.writing() as writer:
        advise(writer, Advisory("A", "bias", "blocker", "x"), [lineage.find(writer.session, "model:base")], "ann", role)
    assert state(registry, "product:shop") == "active"
