"""Conditions of clauses: a mapping of plain words in the table, compiled once, that answers true, false or unknown.

``{use: [commercial], users_over: 700000000}`` holds where every line holds (Kleene's three-valued logic): one
false line makes it false, else one unknown line makes it unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from touchstone.supply.licences.model import Condition, Truth, UseProfile

EUROPEAN_UNION = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
"""Members as of 2026; EL is how texts of the Union write Greece."""


def compiled(when: Mapping[str, Any] | None) -> Condition:
    """A condition as a function; an empty one always holds, one with a word it does not know is never settled."""
    tests = [_test(word, wanted) for word, wanted in (when or {}).items()]
    if not tests:
        return _always
    if len(tests) == 1:
        return tests[0]

    def every(profile: UseProfile) -> Truth:
        truth: Truth = True
        for test in tests:
            found = test(profile)
            if found is False:
                return False
            if found is None:
                truth = None
        return truth

    return every


def _always(profile: UseProfile) -> Truth:
    return True


def _never_settled(profile: UseProfile) -> Truth:
    return None


def _test(word: str, wanted: Any) -> Condition:
    make = _WORDS.get(word)
    return _never_settled if make is None else make(wanted)


def _use(wanted: list[str]) -> Condition:
    uses = frozenset(wanted)
    return lambda profile: profile.use in uses


def _redistributes(wanted: bool) -> Condition:
    return lambda profile: _is(profile.redistributes, wanted)


def _hosts(wanted: bool) -> Condition:
    return lambda profile: _is(profile.hosts, wanted)


def _reaches_others(wanted: bool) -> Condition:
    return lambda profile: _is(profile.reaches_others, wanted)


def _users_over(limit: int) -> Condition:
    return lambda profile: None if profile.monthly_users is None else profile.monthly_users > limit


def _revenue_over(limit: float) -> Condition:
    return lambda profile: None if profile.revenue is None else profile.revenue > limit


def _home_in(region: str) -> Condition:
    countries = EUROPEAN_UNION if region == "EU" else frozenset({region})

    def test(profile: UseProfile) -> Truth:
        return None if profile.home is None else profile.home.strip().upper() in countries | {region}

    return test


def _fields(wanted: list[str]) -> Condition:
    restricted = frozenset(wanted)

    def test(profile: UseProfile) -> Truth:
        if profile.fields & restricted:
            return True
        return False if profile.fields_known else None

    return test


def _modality(wanted: str) -> Condition:
    """``multimodal`` or one modality."""

    def test(profile: UseProfile) -> Truth:
        if profile.modality is None:
            return None
        return len(profile.modality) > 1 if wanted == "multimodal" else wanted in profile.modality

    return test


def _is(truth: Truth, wanted: bool) -> Truth:
    return None if truth is None else truth is wanted


_WORDS: dict[str, Callable[[Any], Condition]] = {
    "use": _use,
    "redistributes": _redistributes,
    "hosts": _hosts,
    "reaches_others": _reaches_others,
    "users_over": _users_over,
    "revenue_over": _revenue_over,
    "home_in": _home_in,
    "fields": _fields,
    "modality": _modality,
}
