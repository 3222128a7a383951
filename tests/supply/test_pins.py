from __future__ import annotations

from pathlib import Path

import pytest

from tests.supply.small_models import COMMIT, OTHER_COMMIT, write_model
from touchstone.supply import manifest as manifests
from touchstone.supply.pins import Facts, Pin, Pinned, Pins, compare, hold, is_immutable, keys_of

TODAY = "2026-11-21"


def held(folder: Path, home: Path, facts: Facts = Facts(), *, trust: bool = False, today: str = TODAY) -> Pinned:  # noqa: B008
    keys = keys_of(str(folder), folder.name, facts)
    return hold(Pins(home), keys, manifests.read(folder), facts, today=today, trust=trust)


def test_first_use_is_pinned_and_the_next_agrees(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    assert held(folder, home).state == "first use"
    again = held(folder, home, today="2027-01-01")
    assert (again.state, again.since) == ("as pinned", TODAY)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda f: (f / "config.json").write_text("{}"), "changed"),
        (lambda f: (f / "config.json").unlink(), "missing"),
        (lambda f: (f / "extra.txt").write_text("x"), "extra"),
        (lambda f: (f / "config.json").rename(f / "configuration.json"), "renamed"),
    ],
)
def test_every_change_of_files_is_an_alarm_until_trusted(tmp_path: Path, change, kind: str) -> None:  # type: ignore[no-untyped-def]
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    held(folder, home)
    change(folder)
    for _ in range(2):  # an alarm does not wear off
        found = held(folder, home)
        assert (found.state, [a.kind for a in found.alarms]) == ("moved", [kind])
    assert held(folder, home, trust=True).state == "accepted anew"
    assert held(folder, home).state == "as pinned"


@pytest.mark.parametrize(
    ("was", "now", "kind"),
    [
        (Facts(source="s", revision=COMMIT), Facts(source="s", revision=OTHER_COMMIT), "revision"),
        (Facts(publisher="acme"), Facts(publisher="evil"), "publisher"),
        (Facts(license="MIT"), Facts(license="CC-BY-NC-4.0"), "license"),
        (Facts(signer="key1"), Facts(signer="key2"), "signer"),
        (Facts(signer="key1"), Facts(), "signer"),
    ],
)
def test_a_changed_fact_is_an_alarm(tmp_path: Path, was: Facts, now: Facts, kind: str) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    held(folder, home, was)
    assert [a.kind for a in held(folder, home, now).alarms] == [kind]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (Facts(), Facts(source="s", revision=COMMIT, publisher="p", license="MIT")),
        (Facts(source="s", revision=COMMIT, publisher="p", license="MIT"), Facts()),
        (Facts(source="s", revision="main"), Facts(source="s", revision=COMMIT)),
        (Facts(source="s", revision=COMMIT), Facts(source="s", revision="main")),
        (Facts(publisher="Acme"), Facts(publisher="acme ")),
    ],
)
def test_what_is_not_stated_or_says_the_same_is_no_alarm(tmp_path: Path, was: Facts, now: Facts) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    held(folder, home, was)
    assert held(folder, home, now).state == "as pinned"


def test_a_fact_stays_pinned_while_nobody_states_it(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    held(folder, home, Facts(source="s", revision=COMMIT))
    held(folder, home)
    assert held(folder, home, Facts(source="s", revision=OTHER_COMMIT)).state == "moved"


def test_one_commit_means_the_same_bytes_wherever_they_stand(tmp_path: Path) -> None:
    facts, home = Facts(source="acme/m", revision=COMMIT), tmp_path / "home"
    held(write_model(tmp_path / "here" / "m"), home, facts)
    assert held(write_model(tmp_path / "copy" / "m"), home, facts).state == "as pinned"
    assert held(write_model(tmp_path / "there" / "m", value=0.75), home, facts).state == "moved"


def test_two_models_of_one_commit_do_not_disturb_each_other(tmp_path: Path) -> None:
    facts, home = Facts(source="acme/many", revision=COMMIT), tmp_path / "home"
    assert held(write_model(tmp_path / "small"), home, facts).state == "first use"
    assert held(write_model(tmp_path / "large", value=0.75), home, facts).state == "first use"


def test_trust_given_without_facts_also_settles_the_origin(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    facts = Facts(source="s", revision=COMMIT)
    held(folder, home, facts)
    write_model(folder, value=0.75)
    assert held(folder, home, facts).state == "moved"
    assert held(folder, home, trust=True).state == "accepted anew"
    assert held(folder, home, facts).state == "as pinned"


def test_a_damaged_pin_is_an_alarm_and_not_a_first_use(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    held(folder, home)
    (pin,) = (home / "pins").glob("*.json")
    pin.write_text("{}")
    assert held(folder, home).state == "moved"
    assert held(folder, home, trust=True).state == "accepted anew"
    assert held(folder, home).state == "as pinned"


def test_comparing_changes_nothing(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    found, known = compare(Pins(home), ("place x",), manifests.read(folder), Facts())
    assert (found.state, known) == ("first use", [])
    assert not (home / "pins").exists()


def test_a_pin_round_trips(tmp_path: Path) -> None:
    pin = Pin(
        manifests.read(write_model(tmp_path / "m")),
        Facts(source="a/b", base_models=("c/d",), declared="MIT"),
        TODAY,
        ("k",),
    )
    pins = Pins(tmp_path / "home")
    pins.put("place a/b", pin)
    assert pins.get("place a/b") == pin
    assert pins.of_source("A/B") == pin
    assert pins.of_source("c/d") is None


@pytest.mark.parametrize(
    ("revision", "answer"),
    [
        (COMMIT, True),
        ("sha256:" + "a" * 64, True),
        ("A" * 40, True),
        ("main", False),
        ("v1.0", False),
        (COMMIT[:12], False),
        (None, False),
        ("", False),
    ],
)
def test_only_a_whole_commit_or_digest_cannot_be_moved(revision: str | None, answer: bool) -> None:
    assert is_immutable(revision) is answer
