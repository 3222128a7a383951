"""What an event does to the tables: it is written into the event's body, so that replaying the log rebuilds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LINEAGE = ("finetune", "adapter", "merge", "quantize", "distill", "convert", "unknown")
"""Relations from a model to the one it was made from."""
USES = "uses"
"""From a product to a model version."""
EVIDENCE = ("declared", "config", "measured")


@dataclass(frozen=True, slots=True)
class Entity:
    """Something the registry knows: a model, a run, a product, an approval ...; it never changes once written."""

    id: str
    kind: str
    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """One entity's relation to another, with what speaks for it."""

    source: str
    relation: str
    target: str
    evidence: str = "declared"
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class State:
    """What an entity is from now on, and until when."""

    entity: str
    state: str
    until: str = ""
    """UTC date or time; empty for no end."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Everything that one event changes."""

    entity: Entity | None = None
    links: tuple[Link, ...] = ()
    unlinks: tuple[Link, ...] = ()
    states: tuple[State, ...] = ()
    key: str = ""
    """The same key is written once, however often it is asked for."""

    def as_data(self) -> dict[str, Any]:
        """As plain data for the event's body; what is empty is left out."""
        plain: dict[str, Any] = {}
        if self.entity is not None:
            one = self.entity
            plain["entity"] = {"id": one.id, "kind": one.kind, "name": one.name, "facts": dict(one.facts)}
        for name, links in (("links", self.links), ("unlinks", self.unlinks)):
            if links:
                plain[name] = [[e.source, e.relation, e.target, e.evidence, e.confidence] for e in links]
        if self.states:
            plain["states"] = [[one.entity, one.state, one.until] for one in self.states]
        if self.key:
            plain["key"] = self.key
        return plain

    @classmethod
    def from_data(cls, plain: Mapping[str, Any]) -> Effects:
        """The reverse of :meth:`as_data`."""
        return cls(
            Entity(**plain["entity"]) if "entity" in plain else None,
            tuple(Link(*one) for one in plain.get("links", ())),
            tuple(Link(*one) for one in plain.get("unlinks", ())),
            tuple(State(*one) for one in plain.get("states", ())),
            plain.get("key", ""),
        )
