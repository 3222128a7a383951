"""Models of another registry, taken in: names, versions, runs, and what points to which version since when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from touchstone.core.errors import RegistryError
from touchstone.registry.book import Registry
from touchstone.registry.effects import Effects, Entity, Link, State
from touchstone.registry.lineage import find
from touchstone.registry.log import Writer
from touchstone.registry.projection import ACTIVE
from touchstone.registry.records import of_name
from touchstone.registry.roles import writes

AT_ONCE = 1000
"""Versions a transaction: other writers wait for seconds at most, and an import that was killed goes on from there."""
ENDED = "ended"
MOST_VALUES, LONGEST_VALUE = 200, 500
_BASE = "base_model"
"""Tag or parameter that names the model which a version was made from."""
SAME_MODEL = "touchstone.model"
"""Tag by which a version says that it is a model of this registry; set when a verdict is pushed."""


@dataclass(frozen=True, slots=True)
class ForeignModel:
    """A name under which there are versions."""

    name: str
    created: str
    server: str
    labels: frozenset[tuple[str, str]] = frozenset()
    """Aliases, each with the version that it points to today."""

    @property
    def id(self) -> str:
        # A server is known under several addresses; a name and the moment of its making stand for one of them.
        return of_name("family", f"{self.name}\n{self.created}")


@dataclass(frozen=True, slots=True)
class ForeignRun:
    """What made a version."""

    id: str
    name: str
    status: str
    started: str
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ForeignVersion:
    """One version; its files are never read."""

    model: ForeignModel
    version: str
    created: str
    source: str = ""
    run: str = ""
    copy_of: tuple[str, str] | None = None
    """Name and version of what it was copied from on the same server."""
    stage: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.model.name}/{self.version}"

    @property
    def id(self) -> str:
        return of_name("model", f"{self.model.id}\n{self.version}\n{self.created}")


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What an import has added."""

    versions: int
    known: int
    """Versions that had been taken in before."""
    runs: int
    pointers: int
    """Aliases and stages that are new or point elsewhere now."""
    ended: int
    """Those that are gone or point elsewhere now."""


def take_in(
    book: Registry,
    versions: Iterable[ForeignVersion],
    runs_of: Callable[[Sequence[str]], Mapping[str, ForeignRun]],
    by: str,
    role: str,
    said: Callable[[float], None] = lambda _: None,
) -> TakenIn:
    """Append what is new, oldest version first; what is known is left as it is.

    Parameters
    ----------
    versions : in the order of their making, so that a copy comes after what it was copied from
    runs_of : looks up runs by their ids; one that is gone is left out
    said : is told of every batch how many versions have been read
    """
    writes(role)
    added = known = runs = 0
    pointers: dict[tuple[str, str, str], str] = {}
    families: dict[str, ForeignModel] = {}
    for batch in _batches(versions):
        with book.writing() as writer:
            intake = _Intake(writer, by, role)
            fresh = [one for one in batch if writer.seen(f"entity:{one.id}") is None]
            wanted = {one.run for one in fresh if one.run and writer.seen(f"entity:{_run_id(one.run)}") is None}
            found = runs_of(sorted(wanted)) if wanted else {}
            for run in found.values():
                intake.run(run)
            for one in fresh:
                intake.version(one)
        added, known, runs = added + len(fresh), known + len(batch) - len(fresh), runs + len(found)
        for one in batch:
            families[one.model.id] = one.model
            pointers |= {(one.model.id, label, one.version): one.id for label in _labels(one)}
        said(len(batch))
    with book.writing(decision=True) as writer:
        new, ended = _Intake(writer, by, role).pointers(families, pointers)
    return TakenIn(added, known, runs, new, ended)


def _batches(versions: Iterable[ForeignVersion]) -> Iterator[list[ForeignVersion]]:
    walking = iter(versions)
    while batch := list(islice(walking, AT_ONCE)):
        yield batch


def _labels(one: ForeignVersion) -> Iterator[str]:
    yield from (label for label, version in one.model.labels if version == one.version)
    if one.stage:
        yield f"stage {one.stage}"


def _run_id(run: str) -> str:
    return of_name("experiment", run)


class _Intake:
    """Writes foreign things inside one transaction."""

    def __init__(self, writer: Writer, by: str, role: str) -> None:
        self._writer, self._actor, self._role = writer, writer.person(by), role

    def run(self, run: ForeignRun) -> None:
        plain = {
            "run": run.id, "status": run.status, "started": run.started,
            "params": _few(run.params), "metrics": _few(run.metrics),
        }  # fmt: skip
        self._add("register", Entity(_run_id(run.id), "experiment", run.name or run.id, plain))

    def version(self, one: ForeignVersion) -> None:
        family = one.model
        self._add(
            "register", Entity(family.id, "family", family.name, {"server": family.server, "created": family.created})
        )
        plain = {
            "role": "imported", "version": one.version, "server": family.server, "created": one.created,
            "source": one.source, "tags": _few(one.tags),
        }  # fmt: skip
        links = [Link(one.id, "version of", family.id), *self._parents(one)]
        if one.run and self._known(_run_id(one.run)):
            links.append(Link(one.id, "made by", _run_id(one.run)))
        self._add("register", Entity(one.id, "model", one.name, plain), *links)

    def _parents(self, one: ForeignVersion) -> Iterator[Link]:
        """What a version was made from, as far as the other registry says; a name that means nothing here says nothing."""
        seen = {one.id}
        told = (
            (one.tags.get(SAME_MODEL), "convert", "declared", 1.0),
            ("/".join(one.copy_of) if one.copy_of else None, "convert", "config", 1.0),
            (one.tags.get(_BASE), "unknown", "declared", 0.5),
        )
        for named, relation, evidence, confidence in told:
            parent = self._model(named)
            if parent and parent not in seen:
                seen.add(parent)
                yield Link(one.id, relation, parent, evidence, confidence)

    def _model(self, named: str | None) -> str | None:
        try:
            return find(self._writer.session, named, "model").id if named else None
        except RegistryError:
            return None

    def pointers(
        self, families: Mapping[str, ForeignModel], wanted: Mapping[tuple[str, str, str], str]
    ) -> tuple[int, int]:
        """Bring what points to versions to what it is today; what was stays in the log."""
        rows = self._writer.session.rows(
            "SELECT f.id, e.name, m.id, e.id FROM entity AS e "
            "JOIN link AS x ON x.source = e.number AND x.relation = 'alias of' JOIN entity AS f ON f.number = x.target "
            "JOIN link AS y ON y.source = e.number AND y.relation = 'names' JOIN entity AS m ON m.number = y.target "
            "WHERE e.kind = 'alias' AND e.state = :active",
            active=ACTIVE,
        )
        due = {(family, f"{families[family].name}@{label}", id) for (family, label, _), id in wanted.items()}
        now = {(family, name, model): id for family, name, model, id in rows if family in families}
        today = self._writer.now.date().isoformat()
        gone = [id for key, id in now.items() if key not in due]
        for id in gone:
            self._append("end", id, Effects(states=(State(id, ENDED, today),)))
        new = sorted(due - now.keys())
        for family, name, model in new:
            id = of_name("alias", f"{family}\n{name}\n{model}\n{self._writer.head.seq}")
            plain = {"since": today, "server": families[family].server}
            links = (Link(id, "alias of", family), Link(id, "names", model))
            self._append("point", id, Effects(Entity(id, "alias", name, plain), links))
        return len(new), len(gone)

    def _known(self, id: str) -> bool:
        return self._writer.seen(f"entity:{id}") is not None

    def _add(self, action: str, entity: Entity, *links: Link) -> None:
        self._append(action, entity.id, Effects(entity, links, key=f"entity:{entity.id}"))

    def _append(self, action: str, subject: str, effects: Effects) -> None:
        self._writer.append(action, subject, effects, actor=self._actor, role=self._role)


def _few(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as they may stand in a record: not too many, none too long, numbers that JSON knows."""
    some = sorted(values.items())[:MOST_VALUES]
    return {key[:LONGEST_VALUE]: _short(value) for key, value in some}


def _short(value: Any) -> Any:
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    return value[:LONGEST_VALUE] if isinstance(value, str) else value
