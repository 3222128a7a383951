"""Asking Touchstone about one planted study as a user would, and keeping what it said."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.faults.family import Family, Plant, Verb
from touchstone.checks.context import Need
from touchstone.core import digest
from touchstone.core.atomic import write_text
from touchstone.core.progress import Silent
from touchstone.study.model import Study

Findings = list[dict[str, Any]]
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Said:
    """What was found in one study, and how long that took."""

    findings: Findings
    seconds: float


class Asking:
    """Studies that were asked on this very code, each once; a benchmark that was stopped goes on from here."""

    def __init__(self, folder: Path, seed: int = 0, seconds: float = float("inf")) -> None:
        self.folder, self.seed, self._until = folder, seed, time.monotonic() + seconds

    def said(self, verb: Verb, check: str, plant: Plant, i: int) -> Said | None:
        """The findings about the ``i``-th study of a plant; of an audit, those of one check.

        None where it has not been asked yet and ``seconds`` are over.
        """
        words = [verb, check if verb == "audit" else "", name_of(plant), self.seed, i]
        rests_on = [code(), *map(_digest, _files(plant)), *words]
        place = self.folder / f"{digest.of_data(rests_on).removeprefix('sha256:')[:32]}.json"
        if not place.is_file():
            if time.monotonic() >= self._until:
                return None
            started = time.perf_counter()
            with _somewhere() as where:
                study = plant(np.random.default_rng([self.seed, i, *name_of(plant).encode()]), where)
                findings = _ask(verb, check, study, where)
            kept = {"asked": words, "seconds": time.perf_counter() - started, "findings": findings}
            place.parent.mkdir(parents=True, exist_ok=True)
            write_text(place, json.dumps(kept, indent=1))
        kept = json.loads(place.read_text(encoding="utf-8"))
        return Said(kept["findings"], kept["seconds"])


def name_of(plant: Plant) -> str:
    """What tells a plant from every other: its function and the arguments that are fixed."""
    if isinstance(plant, partial):
        fixed = [*map(repr, plant.args), *(f"{name}={value!r}" for name, value in sorted(plant.keywords.items()))]
        return f"{name_of(plant.func)}({', '.join(fixed)})"
    return f"{plant.__module__.removeprefix('benchmarks.faults.')}.{plant.__qualname__}"  # type: ignore[attr-defined]


@cache
def code() -> str:
    """Digest of the package: what other code found is asked again."""
    files = sorted((ROOT / "src" / "touchstone").rglob("*.py"))
    return digest.of_data({str(path.relative_to(ROOT)): digest.of_file(path) for path in files})


@cache
def _digest(path: Path) -> str:
    """Of a file as it stood when it was first asked for; what is edited while this runs was not run."""
    return digest.of_file(path)


def _files(plant: Plant) -> list[Path]:
    """The files that make a plant's material: its own, and those of the benchmark that it names something from."""
    while isinstance(plant, partial):
        plant = plant.func
    module = sys.modules[plant.__module__]
    named = {module, *(sys.modules[thing.__module__] for thing in vars(module).values() if _is_ours(thing))}
    return sorted(Path(str(one.__file__)) for one in named)


def _is_ours(thing: Any) -> bool:
    return str(getattr(thing, "__module__", "")).startswith("benchmarks.faults.") and thing is not Family


@contextmanager
def _somewhere() -> Iterator[Path]:
    """A folder and a state of its own, so that no study has seen another."""
    before = os.environ.get("TOUCHSTONE_HOME")
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        os.environ["TOUCHSTONE_HOME"] = str(Path(folder) / "home")
        (where := Path(folder) / "study").mkdir()
        try:
            yield where
        finally:
            if before is None:
                del os.environ["TOUCHSTONE_HOME"]
            else:
                os.environ["TOUCHSTONE_HOME"] = before


def _ask(verb: Verb, check: str, study: Study, where: Path) -> Findings:
    if verb == "audit":
        return _audited(check, study)
    if verb == "vet":
        from touchstone.pipeline.vetting import vet

        return list(vet(str(study.base_models[0].path), use=study.intended_use.use).evidence["findings"])
    from touchstone.pipeline import assess, ranking, run

    if verb == "rank":
        return list(ranking.rank(study).evidence["findings"])
    asked = run.run if study.adapted is None else assess.assess
    return list(asked(study, out=where / "run").evidence["findings"])


def _audited(check: str, study: Study) -> Findings:
    """One check of the data, without the others that an audit asks as well."""
    from touchstone.checks.runner import run_checks
    from touchstone.pipeline.run import Run

    with Run.passing(study, "audit", None, Silent()) as work:
        work.read_data(audited=True)
        found = run_checks([check], work.context, {Need.DATA}, {})
    return [{"check": one.check, "subject": one.subject, "status": str(one.status), "statement": one.statement,
             "details": {}} for one in found]  # fmt: skip
