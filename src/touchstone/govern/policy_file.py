"""Reading a policy file: every fault at once, with its line and the nearest known name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from touchstone.core import catalogue
from touchstone.core.errors import Fault, PolicyError
from touchstone.core.finding import Severity

SCHEMA_KEY = "touchstone_policy"
_KEYS = (SCHEMA_KEY, "name", "extends", "severities", "hold_on_inconclusive_major", "roles")


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """What a policy file says; None where it says nothing."""

    extends: str = "default"
    name: str | None = None
    severities: Mapping[str, Severity] = field(default_factory=dict)
    hold_on_inconclusive_major: bool | None = None
    roles: tuple[str, ...] | None = None


def read(path: Path, *, extends: tuple[str, ...]) -> PolicyFile:
    """Read a policy file; ``extends`` are the policies that it may build on.

    Raises
    ------
    PolicyError
        with every fault of the file
    """
    reader = _Reader(path.name)
    content = reader.entries(_load(path))
    made = PolicyFile(
        extends=reader.one_of("extends", content, extends, "default"),
        name=reader.text("name", content),
        severities=reader.severities(content),
        hold_on_inconclusive_major=reader.flag("hold_on_inconclusive_major", content),
        roles=reader.names("roles", content),
    )
    if reader.faults:
        raise PolicyError(sorted(reader.faults, key=lambda fault: _line_of(fault.where)))
    return made


def _line_of(where: str) -> int:
    return int(where.rpartition(":")[2])


def _load(path: Path) -> Any:
    import yaml

    try:
        return yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as exc:
        raise PolicyError(Fault(path.name, "is not UTF-8 text", "save it as UTF-8")) from exc
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise PolicyError(Fault(f"{path.name}:{line}", f"is not valid YAML: {exc.problem}", "mend the line")) from exc
    except yaml.YAMLError as exc:
        raise PolicyError(Fault(path.name, "is not valid YAML", "mend the file")) from exc


class _Reader:
    """Turns nodes into values and collects faults on the way."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.faults: list[Fault] = []

    def _fault(self, line: int, what: str, mend: str) -> None:
        self.faults.append(Fault(f"{self._file}:{line}", what, mend))

    def entries(self, root: Any) -> dict[str, tuple[int, Any]]:
        """The file's keys with line and plain value; unknown keys are faults."""
        content = self._mapping(1, root, "the file")
        for key, (line, _) in content.items():
            if key not in _KEYS:
                self._fault(line, f"unknown key {key!r}", _nearest(key, _KEYS))
        line, schema = content.get(SCHEMA_KEY, (1, None))
        if schema is None or _plain(schema) != 1:
            self._fault(line, f"{SCHEMA_KEY} is missing or not 1", f"begin the file with {SCHEMA_KEY}: 1")
        return content

    def _mapping(self, line: int, node: Any, what: str) -> dict[str, tuple[int, Any]]:
        if node is None or node.id != "mapping":
            self._fault(line, f"{what} must hold `key: value` lines", "write one pair a line")
            return {}
        made: dict[str, tuple[int, Any]] = {}
        for key, value in node.value:
            at, name = key.start_mark.line + 1, str(_plain(key))
            if name in made:
                self._fault(at, f"{name!r} stands twice", "keep one of them")
            made[name] = (at, value)
        return made

    def one_of(self, key: str, content: Mapping[str, tuple[int, Any]], known: tuple[str, ...], otherwise: str) -> str:
        if key not in content:
            return otherwise
        line, value = content[key][0], _plain(content[key][1])
        if value not in known:
            self._fault(line, f"{key} is {value!r}", _nearest(str(value), known))
            return otherwise
        return str(value)

    def text(self, key: str, content: Mapping[str, tuple[int, Any]]) -> str | None:
        if key not in content:
            return None
        line, value = content[key][0], _plain(content[key][1])
        if not isinstance(value, str):
            self._fault(line, f"{key} is {value!r}", "write a name")
        return str(value)

    def flag(self, key: str, content: Mapping[str, tuple[int, Any]]) -> bool | None:
        if key not in content:
            return None
        line, value = content[key][0], _plain(content[key][1])
        if not isinstance(value, bool):
            self._fault(line, f"{key} is {value!r}", "write true or false")
            return None
        return value

    def names(self, key: str, content: Mapping[str, tuple[int, Any]]) -> tuple[str, ...] | None:
        if key not in content:
            return None
        line, value = content[key][0], _plain(content[key][1])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._fault(line, f"{key} is {value!r}", "write a list of names, like [owner, reviewer]")
            return None
        return tuple(value)

    def severities(self, content: Mapping[str, tuple[int, Any]]) -> dict[str, Severity]:
        if "severities" not in content:
            return {}
        line, node = content["severities"]
        made = {}
        for check, (at, value) in self._mapping(line, node, "severities").items():
            if check not in catalogue.rows():
                self._fault(at, f"unknown check {check!r}", _nearest(check, catalogue.rows()))
            elif _plain(value) not in list(Severity):
                self._fault(at, f"severity of {check} is {_plain(value)!r}", "write blocker, major, minor or info")
            else:
                made[check] = Severity(_plain(value))
        return made


def _plain(node: Any) -> Any:
    import yaml

    return yaml.safe_load(yaml.serialize(node))


def _nearest(given: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else "known: " + ", ".join(names)
