"""Trust on first use: what a model was when it was first seen here, and what has moved since.

A pin is kept under the model's place (its path, or ``org/name`` on a hub) and, where source and an immutable
revision are stated, under those as well: the same commit must mean the same bytes wherever they come from.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from touchstone.core import atomic
from touchstone.supply import manifest as manifests
from touchstone.supply.differences import between
from touchstone.supply.manifest import Manifest

AlarmKind = Literal["changed", "missing", "extra", "renamed", "revision", "publisher", "source", "license", "signer"]
_IMMUTABLE = re.compile(r"(?:(?:sha1|sha256|git):)?([0-9a-f]{40}|[0-9a-f]{64})", re.IGNORECASE)


def is_immutable(revision: str | None) -> bool:
    """Whether a revision is a whole commit or digest (40 or 64 hex digits), which nobody can move."""
    return revision is not None and _IMMUTABLE.fullmatch(revision.strip()) is not None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a model beside its bytes; None is not stated, and is never compared."""

    source: str | None = None
    revision: str | None = None
    publisher: str | None = None
    license: str | None = None
    """As found with the model (text or card), not as a study states it."""
    signer: str | None = None
    """None is nobody who is trusted here; empty where only a missing extra could tell."""
    base_models: tuple[str, ...] = ()
    declared: str | None = None
    """The licence as a study states it: kept for those that came from this model, never compared."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A model as it was accepted."""

    manifest: Manifest
    facts: Facts
    first_use: str
    """Date, UTC."""
    beside: tuple[str, ...] = ()
    """Other keys that were pinned with this one."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that is no longer as it was pinned."""

    kind: AlarmKind
    what: str
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Pinned:
    """What the pins say about a model."""

    state: Literal["first use", "as pinned", "moved", "accepted anew"]
    since: str | None = None
    alarms: tuple[Alarm, ...] = field(default=())

    def of(self, *kinds: AlarmKind) -> tuple[Alarm, ...]:
        """The alarms of some kinds."""
        return tuple(alarm for alarm in self.alarms if alarm.kind in kinds)


class Pins:
    """The pins of one state folder (``home``); every pin is one small JSON file."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "pins"

    def get(self, key: str) -> Pin | None:
        """The pin under a key; a pin that cannot be read counts as moved, so it raises.

        Raises
        ------
        ValueError
            where the file is there but is no pin
        """
        path = self._path(key)
        if not path.is_file():
            return None
        try:
            plain = json.loads(path.read_text(encoding="utf-8"))
            facts = {**plain["facts"], "base_models": tuple(plain["facts"]["base_models"])}
            beside = tuple(plain["beside"])
            return Pin(manifests.from_data(plain["manifest"]), Facts(**facts), plain["first_use"], beside)
        except (OSError, ValueError, KeyError, TypeError) as fault:
            raise ValueError(f"the pin {path} cannot be read ({fault})") from fault

    def of_source(self, name: str) -> Pin | None:
        """The newest pin of a model by its name on a hub, its source or its place; None where it was never seen."""
        wanted = {
            name.strip().casefold(),
            f"https://huggingface.co/{name}".casefold(),
            f"https://github.com/{name}".casefold(),
        }
        found = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                key = str(json.loads(path.read_text(encoding="utf-8"))["key"])
                pin = self.get(key)
            except (OSError, ValueError, KeyError, TypeError):
                continue
            if pin and ({(pin.facts.source or "").casefold(), key.removeprefix("place ").casefold()} & wanted):
                found.append(pin)
        return max(found, key=lambda pin: pin.first_use, default=None)

    def put(self, key: str, pin: Pin) -> None:
        """Keep a pin."""
        plain = {"key": key, "first_use": pin.first_use, "facts": asdict(pin.facts), "beside": list(pin.beside),
                 "manifest": pin.manifest.as_data()}  # fmt: skip
        atomic.write_text(self._path(key), json.dumps(plain, indent=1, sort_keys=True) + "\n")

    def forget(self, key: str) -> None:
        """Drop a pin, where there is one."""
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.json"


def keys_of(place: str, name: str, facts: Facts) -> tuple[str, ...]:
    """The keys a model is pinned under, its place first.

    Parameters
    ----------
    place : absolute path, or ``org/name`` on a hub
    name : last part of the place: one commit of one source may hold several models
    """
    if facts.source and is_immutable(facts.revision):
        return (f"place {place}", f"origin {facts.source}@{str(facts.revision).lower()}#{name}")
    return (f"place {place}",)


def compare(
    pins: Pins, keys: Sequence[str], manifest: Manifest, facts: Facts, aside: Sequence[str] = ()
) -> tuple[Pinned, list[Pin]]:
    """Hold a model against its pins and change nothing; also gives the pins that there are.

    Parameters
    ----------
    aside : files that vouch for the others (a signature, a list of checksums): their coming is no alarm
    """
    alarms: list[Alarm] = []
    known: list[Pin] = []
    for key in keys:
        try:
            pin = pins.get(key)
        except ValueError as fault:
            alarms.append(Alarm("changed", str(fault)))
            continue
        if pin is not None:
            known.append(pin)
            alarms += [alarm for alarm in _alarms(pin, manifest, facts, aside) if alarm not in alarms]
    since = min((pin.first_use for pin in known), default=None)
    if alarms:
        return Pinned("moved", since, tuple(alarms)), known
    return Pinned("as pinned" if known else "first use", since), known


def hold(
    pins: Pins,
    keys: Sequence[str],
    manifest: Manifest,
    facts: Facts,
    *,
    today: str,
    trust: bool,
    aside: Sequence[str] = (),
) -> Pinned:
    """Hold a model against its pins; pin it on first use, and anew where ``trust`` accepts what has moved."""
    found, known = compare(pins, keys, manifest, facts, aside)
    if found.alarms and not trust:
        return found
    for key in {key for pin in known for key in pin.beside} if trust else ():
        pins.forget(key)
    kept = facts if trust or not known else _filled(known[0].facts, facts)
    since = today if found.alarms else found.since or today
    for key in keys:
        pins.put(key, Pin(manifest, kept, since, tuple(other for other in keys if other != key)))
    return Pinned("accepted anew" if found.alarms else found.state, since, found.alarms)


def _filled(was: Facts, now: Facts) -> Facts:
    """What is stated now, and otherwise what was stated before; a commit is not given up for a branch."""
    plain: Mapping[str, Any] = {key: value or getattr(was, key) for key, value in asdict(now).items()}
    filled = Facts(**plain)
    if is_immutable(was.revision) and not is_immutable(now.revision):
        return replace(filled, revision=was.revision)
    return filled


def _alarms(pin: Pin, manifest: Manifest, facts: Facts, aside: Sequence[str]) -> list[Alarm]:
    found = [Alarm(one.kind, str(one), one.name) for one in between(pin.manifest, manifest, aside)]
    was = pin.facts
    if is_immutable(was.revision) and is_immutable(facts.revision) and not _equal(was.revision, facts.revision):
        found.append(Alarm("revision", f"the revision was {was.revision} and is now {facts.revision}"))
    for kind in ("publisher", "source", "license", "signer"):
        before, now = getattr(was, kind), getattr(facts, kind)
        if before and now and not _equal(before, now):
            found.append(Alarm(kind, f"the {kind} was {before} and is now {now}"))
    if was.signer and facts.signer is None:
        found.append(Alarm("signer", f"the model was signed by {was.signer} and is no longer signed"))
    return found


def _equal(first: str | None, second: str | None) -> bool:
    return (first or "").strip().casefold() == (second or "").strip().casefold()
