"""A finished run once more from its lock file: does the recorded evidence come out again, and if not, why?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from touchstone.core.errors import Fault, InputError, RegistryError
from touchstone.core.progress import Progress, Silent
from touchstone.govern.rejudge import measured
from touchstone.pipeline import recording
from touchstone.pipeline.finished import Finished

SCHEMA = "touchstone/replay/1"
MOST = 50
_TIMED_CHECKS = ("cost.energy", "evaluate.latency")
_TIMED_KEYS = ("seconds", "reference_seconds", "energy_wh", "examples_per_second")


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that did not come out as it was recorded."""

    where: str
    """A path in the evidence, such as ``findings/compare.probe/probe@base/value``."""
    was: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Replay:
    """What came out again."""

    run: str
    same: bool
    causes: tuple[str, ...]
    """What is no longer as it was: data, weights, libraries, machine; empty where nothing is known to be."""
    differences: tuple[Difference, ...]
    """The first of them; times and energy are not compared."""

    def as_data(self) -> dict[str, Any]:
        """Plain data for machines."""
        return {"schema": SCHEMA, **asdict(self)}


def replay(folder: Path, *, progress: Progress | None = None) -> Replay:
    """Run a study again from nothing, as its lock file has it, and compare.

    Nothing is recorded and no new opening of the test set is counted, since plan and model are the same ones.

    Raises
    ------
    InputError
        where the folder holds no run, or its lock file is not the plan that was run
    """
    from touchstone.pipeline.folder import choose
    from touchstone.pipeline.run import Run, carry_out
    from touchstone.study.parse import parse

    progress = progress or Silent()
    before = Finished.read(folder)
    if before.plan_digest != before.evidence["study"]["digest"]:
        raise InputError(
            Fault(
                str(folder), "study.lock.yaml is not the plan that was run", "there is nothing to hold a replay against"
            )
        )
    study = parse(folder / "study.lock.yaml")
    if study.adapted is not None:
        raise InputError(
            Fault(str(folder), "is an assessment, which trains nothing", "touchstone assess STUDY --fresh")
        )
    with tempfile.TemporaryDirectory(prefix="touchstone-replay-") as place:
        with Run.in_folder(study, choose(study, "run", Path(place) / "run", fresh=True), progress) as work:
            carry_out(work)
        after = Finished.read(Path(place) / "run")
        found = tuple(differences(untimed(measured(before.evidence)), untimed(measured(after.evidence))))
        causes = tuple(_causes(before, after))
    return Replay(str(before.folder), not found, causes, found[:MOST])


def untimed(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """The evidence without what a clock or an energy counter said (on a busy machine, even their status changes)."""
    findings = {
        f"{f['check']}/{f['subject']}": {} if f["check"] in _TIMED_CHECKS else _timeless(f)
        for f in evidence["findings"]
    }
    rows = {
        "/".join(str(row[key]) for key in ("candidate", "split", "metric")): _timeless(row)
        for row in evidence["comparison"]
    }
    return {"findings": findings, "comparison": rows, "bases": evidence["bases"], "chosen": evidence["chosen"]}


def _timeless(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _timeless(item) for key, item in value.items() if key not in _TIMED_KEYS}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


def differences(was: Any, now: Any, where: str = "") -> Iterator[Difference]:
    """Every place at which two pieces of evidence differ."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys((*was, *now)):
            yield from differences(was.get(key), now.get(key), f"{where}/{key}" if where else str(key))
    elif was != now:
        yield Difference(where, was, now)


def _causes(before: Finished, after: Finished) -> Iterator[str]:
    """What the lock files and the registry know to be different."""
    words = {"data": "data", "test": "test set", "model": "weights of what was made", "policy": "policy"}
    for key, word in words.items():
        if before.digests.get(key) != after.digests.get(key):
            yield f"{word}: {_short(before.digests.get(key))} was, {_short(after.digests.get(key))} is"
    for base, named in (before.digests.get("bases") or {}).items():
        if (after.digests.get("bases") or {}).get(base) != named:
            yield f"weights of {base}"
    now = recording.environment()
    for name, was in _recorded_environment(before).items():
        if now.get(name) != was:
            yield f"{'machine' if name == 'machine' else f'library {name}'}: {was} was, {now.get(name, 'missing')} is"


def _short(value: Any) -> str:
    return str(value.get("digest") if isinstance(value, Mapping) else value)[:19]


def _recorded_environment(run: Finished) -> Mapping[str, str]:
    """Versions at the time of the run, where the registry knows them."""
    from touchstone.pipeline.decisions import known_run
    from touchstone.registry.book import Registry
    from touchstone.registry.lineage import facts

    try:
        with Registry.open(recording.place(), create=False) as registry, registry.reading() as session:
            known = known_run(session, run)
            found: Mapping[str, str] = facts(session, known)["environment"] if known else {}
            return found
    except RegistryError:
        return {}
