"""The table of rules: licences and data sets with their clauses, read from the YAML files beside this module."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from touchstone.core import digest
from touchstone.supply.licences.condition import compiled
from touchstone.supply.licences.model import Clause, Effect, Licence

RULES = Path(__file__).parent / "rules"
_LICENCE_FILES = (
    "permissive",
    "public_domain",
    "creative_commons",
    "data",
    "copyleft",
    "openrail",
    "llama",
    "gemma",
    "vendors",
)


@dataclass(frozen=True, slots=True)
class KnownData:
    """A data set that models are often trained on, and the terms it is known to come under."""

    name: str
    license: str | None
    text: str
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Table:
    """Everything that decides; its digest goes into every decision."""

    licences: Mapping[str, Licence]
    names: Mapping[str, str]
    """Ids and aliases, lower case, to ids."""
    fields: Mapping[str, str]
    """Words for fields of use, lower case, to the table's own; harmless ones lead to the empty text."""
    data: tuple[KnownData, ...]
    digest: str
    as_of: str

    def find(self, name: str) -> Licence | None:
        """A licence by id or alias; None where the table does not know it."""
        id = self.names.get(_key(name))
        return None if id is None else self.licences[id]


@cache
def table() -> Table:
    """The table that comes with this version; read once."""
    plain = {name: _load(RULES / f"{name}.yaml") for name in (*_LICENCE_FILES, "fields", "datasets")}
    licences = {
        licence.id: licence
        for name in _LICENCE_FILES
        for row in plain[name]["licences"]
        for licence in _licences(row, name)
    }
    names: dict[str, str] = {}
    for licence in licences.values():
        for alias in (licence.id, *licence.aliases):
            if names.setdefault(_key(alias), licence.id) != licence.id:
                raise ValueError(f"two licences are called {alias!r}")
    return Table(
        licences, names, _fields(plain["fields"]), tuple(_data(row) for row in plain["datasets"]["datasets"]),
        digest.of_data(plain), max(licence.read_on for licence in licences.values()),
    )  # fmt: skip


def _load(path: Path) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return _plain(yaml.load(path.read_text(encoding="utf-8"), Loader=loader))


def _plain(value: Any) -> Any:
    """What JSON can hold: dates become text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _key(name: str) -> str:
    return re.sub(r"[\s_]+", "-", name.strip().casefold())


def _licences(row: Mapping[str, Any], family: str) -> list[Licence]:
    """One row may stand for several ids whose clauses stand in the same sections."""
    found = []
    for id, facts in row["ids"].items():
        facts = facts or {}
        found.append(
            Licence(
                id=id,
                name=facts.get("name", id),
                family=row.get("family", family),
                url=facts.get("url", row.get("url", "")),
                read_on=row["read_on"],
                read_from=facts.get("read_from", row.get("read_from", "text")),
                clauses=tuple(_clause(id, clause) for clause in row["clauses"]),
                aliases=tuple(facts.get("aliases", ())),
                is_use_restricted=bool(row.get("use_restricted")),
                is_share_alike=bool(row.get("share_alike")),
                is_copyleft=bool(row.get("copyleft")),
            )
        )
    return found


def _clause(id: str, row: Mapping[str, Any]) -> Clause:
    return Clause(
        id, row["code"], str(row.get("section", "")), Effect(row["effect"]), row["text"], row.get("meet", ""),
        compiled(row.get("when")),
    )  # fmt: skip


def _fields(plain: Mapping[str, Any]) -> dict[str, str]:
    found = {_key(word): "" for word in plain["harmless"]}
    for field, words in plain["restricted"].items():
        found.update(dict.fromkeys(map(_key, (field, *words)), field))
    return found


def _data(row: Mapping[str, Any]) -> KnownData:
    return KnownData(row["name"], row["license"], row["text"], re.compile(row["pattern"], re.IGNORECASE))
