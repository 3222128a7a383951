"""SPDX licence expressions: ``Apache-2.0 OR (MIT AND CC-BY-4.0)``, ``GPL-3.0-only WITH ...``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Value = TypeVar("Value")
_TOKEN = re.compile(r"\s*([()]|[^\s()]+)")
MOST_TOKENS = 200


@dataclass(frozen=True, slots=True)
class One:
    """A single licence; ``exception`` is what stands after WITH."""

    id: str
    exception: str | None = None


@dataclass(frozen=True, slots=True)
class Many:
    """All of some terms (``AND``), or a choice between them (``OR``)."""

    operator: str
    parts: tuple[One | Many, ...]


Expression = One | Many


def parse(text: str) -> Expression:
    """Parse an expression; OR binds less than AND, AND less than WITH.

    Raises
    ------
    ValueError
        where it is no expression
    """
    tokens = [match.group(1) for match in _TOKEN.finditer(text)]
    if not tokens or len(tokens) > MOST_TOKENS:
        raise ValueError("not a licence expression")
    parser = _Parser(tokens)
    found = parser.choice()
    if parser.tokens:
        raise ValueError(f"{parser.tokens[0]!r} is out of place")
    return found


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def _next(self) -> str:
        return self.tokens[0].upper() if self.tokens else ""

    def choice(self) -> Expression:
        return self._joined("OR", lambda: self._joined("AND", self._simple))

    def _joined(self, operator: str, below: Callable[[], Expression]) -> Expression:
        parts = [below()]
        while self._next() == operator:
            self.tokens.pop(0)
            parts.append(below())
        return parts[0] if len(parts) == 1 else Many(operator, tuple(parts))

    def _simple(self) -> Expression:
        if self._next() == "(":
            self.tokens.pop(0)
            inside = self.choice()
            if self._next() != ")":
                raise ValueError("a parenthesis is not closed")
            self.tokens.pop(0)
            return inside
        name = self._name()
        if self._next() == "WITH":
            self.tokens.pop(0)
            return One(name, self._name())
        return One(name)

    def _name(self) -> str:
        if self._next() in ("", "(", ")", "AND", "OR", "WITH"):
            raise ValueError("a licence is missing")
        return self.tokens.pop(0)


def names(expression: Expression) -> tuple[str, ...]:
    """Every licence named, in order, once."""
    if isinstance(expression, One):
        return (expression.id,)
    return tuple(dict.fromkeys(name for part in expression.parts for name in names(part)))
