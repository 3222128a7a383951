"""Every run, assessment and vetting records itself in the registry; one that cannot be written to fails nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.core.errors import MissingExtra, RegistryError
from touchstone.core.progress import Progress
from touchstone.pipeline.account import account
from touchstone.pipeline.home import home

if TYPE_CHECKING:
    from touchstone.pipeline.finished import Finished
    from touchstone.registry.book import Registry
    from touchstone.registry.lineage import Known
    from touchstone.registry.place import Place
    from touchstone.study.model import Study

VARIABLE = "TOUCHSTONE_REGISTRY"


def place(given: str | None = None) -> Place:
    """The registry that is meant here: as given, else by ``$TOUCHSTONE_REGISTRY``, the project's, or the user's."""
    from touchstone.registry.place import find

    return find(given or os.environ.get(VARIABLE) or None, Path.cwd(), home())


@contextmanager
def told(progress: Progress) -> Iterator[None]:
    """Work that a registry out of reach does not stop: it is said in one line."""
    try:
        yield
    except (RegistryError, MissingExtra, OSError) as fault:
        progress.say(f"not recorded in the registry: {' '.join(str(fault).split())}")


def of_plan(study: Study, test: str, progress: Progress) -> None:
    """The plan becomes an event before the sealed test set is opened for the first time."""
    from touchstone.registry.book import Registry
    from touchstone.registry.records import record_plan
    from touchstone.study.lock import study_digest, to_mapping

    with told(progress), Registry.open(place()) as registry, registry.writing() as writer:
        record_plan(writer, study_digest(study), to_mapping(study), test, account())


def of_run(folder: Path, progress: Progress) -> bool:
    """Record a finished run, once; whether its plan amends an earlier one, so that it was judged again."""
    from touchstone.pipeline.decisions import judge_again
    from touchstone.pipeline.finished import Finished
    from touchstone.registry import amendments
    from touchstone.registry.book import Registry

    with told(progress):
        with Registry.open(place()) as registry:
            known = record(registry, Finished.read(folder), account())
            with registry.reading() as session:
                amended = amendments.of_run(session, known)
        if amended:
            progress.say(
                f"bounds were changed after the test set had been opened: {', '.join(one.metric for one in amended)}"
            )
            judge_again(folder)
        return bool(amended)
    return False


def record(registry: Registry, run: Finished, author: str) -> Known:
    """A run as the registry knows it; written where it is new."""
    from touchstone.govern.rejudge import measured_digest
    from touchstone.registry.records import RunFacts, record_run

    facts = RunFacts(
        run.evidence, run.study, run.digests, measured_digest(run.evidence), str(run.folder), environment(),
        run.architecture,
    )  # fmt: skip
    with registry.writing() as writer:
        return record_run(writer, facts, author)


def of_vetting(evidence: Mapping[str, Any], progress: Progress) -> None:
    """Record what vetting a model found."""
    from touchstone.registry.book import Registry
    from touchstone.registry.records import record_vetting

    with told(progress), Registry.open(place()) as registry, registry.writing() as writer:
        record_vetting(writer, evidence, account())


def environment() -> dict[str, str]:
    """Versions that a result depends on."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in ("touchstone-ml", "torch", "transformers", "timm", "numpy", "scikit-learn"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
