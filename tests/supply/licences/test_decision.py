from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.supply.licences.sixty_cases import CASES
from touchstone.study.model import IntendedUse, Organisation
from touchstone.supply.licences.decision import decide, profile_of
from touchstone.supply.licences.model import Component, Effect, Outcome, UseProfile
from touchstone.supply.licences.table import table

LETTERS = {"P": Outcome.PERMIT, "D": Outcome.DUTIES, "R": Outcome.REVIEW, "X": Outcome.DENY}
USES = ("research", "internal", "commercial", "redistribution")


def components(text: str) -> list[Component]:
    made = []
    for number, part in enumerate(text.split("; ")):
        role, _, license = part.partition(" ")
        made.append(Component(role, f"{role}{number}", None if license == "-" else license))  # type: ignore[arg-type]
    return made


def profile(use: str, facts: dict[str, Any]) -> UseProfile:
    organisation = Organisation(facts.get("home"), facts.get("monthly_users"), facts.get("revenue"))
    intended = IntendedUse(
        use=use, delivery=facts.get("delivery"), organisation=organisation, fields=facts.get("fields", ())
    )  # type: ignore[arg-type]
    return profile_of(intended, frozenset(facts["modality"]) if "modality" in facts else None)


@pytest.mark.parametrize(("what", "use", "facts", "letter"), CASES, ids=lambda part: str(part)[:60])
def test_the_agreed_table(what: str, use: str, facts: dict[str, Any], letter: str) -> None:
    decision = decide(components(what), profile(use, facts))
    assert decision.outcome is LETTERS[letter], [ruling.reasons for ruling in decision.rulings]


def test_there_are_at_least_sixty_cases() -> None:
    assert len(CASES) >= 60


known = st.sampled_from(sorted(table().names))
profiles = st.builds(
    UseProfile,
    use=st.sampled_from(USES),
    delivery=st.sampled_from([None, "none", "saas", "on_device", "weights"]),
    home=st.sampled_from([None, "DE", "US"]),
    monthly_users=st.sampled_from([None, 0, 10**9]),
    revenue=st.sampled_from([None, 0.0, 1e9]),
    fields=st.sets(st.sampled_from(["medical-advice", "military"])).map(frozenset),
    fields_known=st.booleans(),
    modality=st.sampled_from([None, frozenset({"text"}), frozenset({"text", "image"})]),
)
roles = st.sampled_from(["base", "ancestor", "adapter", "tokenizer", "code", "train_data"])


def unknown(text: str) -> bool:
    """Neither the table nor any reading as an expression of known licences gives the text a meaning."""
    words = text.replace("(", " ").replace(")", " ").split()
    return table().find(text) is None and not any(table().find(word) for word in words)


@given(st.text(max_size=60).filter(unknown), profiles, roles, st.lists(st.tuples(roles, known), max_size=3))
def test_what_is_not_known_never_permits(text: str, use: UseProfile, role: str, more: list[tuple[str, str]]) -> None:
    parts = [Component(role, "x", text), *(Component(other, "y", license) for other, license in more)]  # type: ignore[arg-type]
    assert decide(parts, use).outcome >= Outcome.REVIEW


@given(known, profiles, st.text("abcXYZ-. ", min_size=1, max_size=20).filter(unknown))
def test_an_unknown_part_of_an_expression_never_permits(license: str, use: UseProfile, other: str) -> None:
    id = table().names[license]
    assert decide([Component("base", "b", f"{id} AND {other.strip() or 'x-y'}")], use).outcome >= Outcome.REVIEW
    assert decide([Component("base", "b", f"{id} WITH {other.strip() or 'x-y'}")], use).outcome >= Outcome.REVIEW


@given(known, profiles, known)
def test_a_further_component_never_betters_a_decision(license: str, use: UseProfile, other: str) -> None:
    alone = decide([Component("base", "b", license)], use).outcome
    assert decide([Component("base", "b", license), Component("ancestor", "a", other)], use).outcome >= alone


@given(known, profiles)
def test_doubtful_evidence_never_permits(license: str, use: UseProfile) -> None:
    assert decide([Component("base", "b", license, "text", "two sources disagree")], use).outcome >= Outcome.REVIEW


@given(known, profiles)
def test_terms_not_known_are_never_better_than_known_use_facts(license: str, use: UseProfile) -> None:
    """Leaving out what a study could say about itself never turns a forbidden use into a permitted commercial one."""
    bare = UseProfile(use.use, use.delivery)
    if (
        use.use in ("commercial", "redistribution")
        and decide([Component("base", "b", license)], use).outcome is Outcome.DENY
    ):
        assert decide([Component("base", "b", license)], bare).outcome >= Outcome.REVIEW


def test_of_nothing_nothing_is_known() -> None:
    assert decide([], UseProfile("research")).outcome is Outcome.REVIEW


def test_an_explanation_names_licence_section_and_reason() -> None:
    (ruling,) = decide([Component("base", "b", "CC-BY-NC-4.0")], UseProfile("commercial")).rulings
    assert ruling.reasons == ("CC-BY-NC-4.0, section 1(i), 2(a)(1): commercial use is not granted",)


def test_obligations_are_united_and_tell_how_to_meet_them() -> None:
    parts = [Component("base", "b", "Apache-2.0"), Component("tokenizer", "t", "Apache-2.0")]
    duties = decide(parts, UseProfile("redistribution")).obligations
    assert len(duties) == 3
    assert all(duty.meet for duty in duties)


@pytest.mark.parametrize(
    ("fields", "organisation", "known"),
    [
        ((), Organisation(), False),
        ((), Organisation(home="DE"), True),
        (("none",), Organisation(), True),
        (("retail",), Organisation(), True),
        (("Face Recognition",), Organisation(), True),
        (("something new",), Organisation(home="DE"), False),
    ],
)
def test_when_fields_of_use_are_settled(fields: tuple[str, ...], organisation: Organisation, known: bool) -> None:
    assert profile_of(IntendedUse(fields=fields, organisation=organisation)).fields_known is known


def test_every_row_of_the_table_can_be_followed_to_its_text() -> None:
    rules = table()
    assert len(rules.licences) >= 20
    for licence in rules.licences.values():
        assert licence.read_on >= "2026-01-01"
        assert licence.read_from
        assert any(clause.effect is Effect.PERMIT for clause in licence.clauses)
        for clause in licence.clauses:
            assert clause.text
            assert clause.section or licence.read_from == "general knowledge"
            if clause.effect is Effect.OBLIGATION:
                assert clause.meet, clause.where


def test_every_condition_of_the_table_is_a_word_that_is_known() -> None:
    settled = UseProfile("commercial", "saas", "DE", 1, 1.0, frozenset(), True, frozenset({"text"}))
    for licence in table().licences.values():
        for clause in licence.clauses:
            assert clause.holds(settled) is not None, clause.where


def test_every_field_that_a_clause_names_is_in_the_vocabulary() -> None:
    import yaml

    from touchstone.supply.licences.table import RULES

    words = set(yaml.safe_load((RULES / "fields.yaml").read_text())["restricted"])
    for path in RULES.glob("*.yaml"):
        for row in yaml.safe_load(path.read_text()).get("licences", ()):
            for clause in row["clauses"]:
                assert set(clause.get("when", {}).get("fields", ())) <= words, (path.name, clause["code"])
