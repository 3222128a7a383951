"""A run's verdict told to another registry, beside the version that it is about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from touchstone.core import digest
from touchstone.core.errors import Fault, InputError
from touchstone.core.progress import Progress
from touchstone.govern import rejudge
from touchstone.pipeline import recording
from touchstone.pipeline.decisions import judge_again, known_run, policy_of

if TYPE_CHECKING:
    from touchstone.pipeline.finished import Finished
    from touchstone.registry.foreign import ForeignVersion, TakenIn
    from touchstone.registry.log import Writer

PREFIX = "touchstone."
LONGEST_TAG = 5000


@dataclass(frozen=True, slots=True)
class Told:
    """What stands beside a version now."""

    version: str
    server: str
    tags: dict[str, str]
    event: int


def take_in(address: str, by: str, role: str, registry: str | None, progress: Progress) -> TakenIn:
    """Take in the registered models of an MLflow server: versions, runs, aliases and stages."""
    from touchstone.pipeline import registered
    from touchstone.registry import foreign
    from touchstone.registry.mlflow_server import Server

    with (
        Server.at(address) as server,
        registered.opened(registry, create=True) as book,
        progress.task("taking in versions", None) as bar,
    ):
        return foreign.take_in(book, server.versions(), server.runs, by, role, bar.advance)


def push(folder: Path, address: str, to: str, link: str, by: str, registry: str | None) -> Told:
    """Judge a run by the sign-offs of today, and write the verdict onto a version as tags.

    Parameters
    ----------
    to : ``NAME/VERSION`` or ``NAME@ALIAS``
    link : where the report can be read; nothing is written where it is empty

    Raises
    ------
    InputError
        where the run made no model, or the server does not know the version
    """
    from touchstone.pipeline import registered
    from touchstone.registry import foreign
    from touchstone.registry.mlflow_server import Server

    run = judge_again(folder, registry=registry)
    if not run.model_digest:
        raise InputError(Fault(str(folder), "made no model, so no version can carry its verdict"))
    with Server.at(address) as server, registered.opened(registry, create=True) as book:
        version = server.version(to)
        with book.reading() as session:
            known = known_run(session, run)
        known = known or recording.record(book, run, by)
        tags = tags_of(run, link)
        server.tag(version, tags)
        foreign.take_in(book, [version], server.runs, by, "scientist")
        with book.writing(decision=True) as writer:
            event = _note(writer, known.id, version, tags, by)
    return Told(version.name, server.told, tags, event)


def _note(writer: Writer, run: str, version: ForeignVersion, tags: dict[str, str], by: str) -> int:
    from touchstone.registry.effects import Effects, Entity, Link
    from touchstone.registry.foreign import SAME_MODEL

    plain = {"version": version.id, "server": version.model.server, "tags": tags, "after": writer.head.seq}
    id = f"notice:{digest.of_data(plain).removeprefix('sha256:')}"
    links = (
        Link(id, "tells of", run),
        Link(id, "told to", version.id),
        Link(version.id, "convert", tags[SAME_MODEL]),
    )
    return writer.append(
        "push",
        run,
        Effects(Entity(id, "notice", f"notice to {version.name}", plain), links),
        actor=writer.person(by),
        role="scientist",
    )


def tags_of(run: Finished, link: str) -> dict[str, str]:
    """The verdict and what it rests on, as short texts; no names of people."""
    from touchstone.registry.records import of_digest
    from touchstone.report.decision import review
    from touchstone.report.gallery import Gallery
    from touchstone.report.reading import Reading

    evidence = run.evidence
    signed = next((f["status"] for f in evidence["findings"] if f["check"] == rejudge.SIGN_OFF), "")
    waived = sorted({f["check"] for f in evidence["findings"] if "waiver" in f["details"]})
    found = {
        "verdict": evidence["verdict"], "reasons": ", ".join(evidence["reasons"]), "sign_off": signed,
        "waived": ", ".join(waived), "review": review(Reading(evidence, Gallery(), run.study)), "policy": policy_of(run).name,
        "model": of_digest("model", run.model_digest), "evidence": rejudge.measured_digest(evidence),
        "plan": run.plan_digest, "report": link,
    }  # fmt: skip
    # What has no value is said to have none: a tag of an earlier verdict must not stay.
    return {f"{PREFIX}{key}": (value or "none")[:LONGEST_TAG] for key, value in found.items()}
