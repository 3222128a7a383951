"""JSON read strictly: one meaning for every reader, within bounds of size and depth."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from touchstone.supply.rules import Refused

MAXIMUM_BYTES = 16 << 20
TOKENIZER_BYTES = 128 << 20
MAXIMUM_DEPTH = 64
MAXIMUM_INTEGER = 1 << 63
MAXIMUM_STRING = 4 << 20
MAXIMUM_KEYS = 2_000_000
MAXIMUM_VALUES = 4_000_000
_VERY_LARGE = int(1e30)
"""What transformers writes as ``model_max_length`` of a tokenizer without one: the one number allowed beyond 2^63."""
_DIGITS = 40
_CERTAIN_DIGITS = 18
"""A whole number of so many characters is within bounds."""
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large JSON may be."""

    bytes: int = MAXIMUM_BYTES
    depth: int = MAXIMUM_DEPTH
    keys: int = MAXIMUM_KEYS
    string: int = MAXIMUM_STRING


def parse_json(data: bytes, bounds: Bounds | None = None) -> Any:
    """The one value that these bytes spell.

    Raises
    ------
    Refused
        beyond the bounds; no UTF-8; a key twice; NaN or Infinity; a whole number of more than 2^63; half a surrogate
        pair; anything after the value
    """
    bounds = bounds or Bounds()
    if len(data) > bounds.bytes:
        raise _broken(f"it has {len(data):,} bytes, more than the {bounds.bytes:,} that JSON may have here")
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MAXIMUM_VALUES:
        raise _broken(f"it may hold more than {MAXIMUM_VALUES:,} values")
    keys = 0

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal keys
        keys += len(pairs)
        if keys > bounds.keys:
            raise ValueError(f"more than {bounds.keys:,} keys")
        value = dict(pairs)
        if len(value) < len(pairs):
            raise ValueError("a key stands twice in one object")
        return value

    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=unique, parse_constant=_no_constant, parse_int=_whole
        )
        if _SURROGATE.search(data):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as fault:
        raise _broken(f"it is nested deeper than {bounds.depth} levels") from fault
    except ValueError as fault:
        raise _broken(f"it is not strict JSON ({_one_line(fault)})") from fault
    _check_depth(value, bounds, may_be_long=len(data) > bounds.string)
    return value


def _broken(what: str) -> Refused:
    return Refused("json.strict", what)


def _one_line(fault: Exception) -> str:
    return " ".join(str(fault).split())[:200]


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _whole(digits: str) -> int:
    if len(digits) <= _CERTAIN_DIGITS:
        return int(digits)
    if len(digits) > _DIGITS:
        raise ValueError("a whole number of more than 2^63")
    number = int(digits)
    if abs(number) > MAXIMUM_INTEGER and number != _VERY_LARGE:
        raise ValueError("a whole number of more than 2^63")
    return number


def _check_depth(value: Any, bounds: Bounds, *, may_be_long: bool) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > bounds.depth + 1:
            raise _broken(f"it is nested deeper than {bounds.depth} levels")
        below: list[Any] = []
        for item in level:
            if type(item) is dict:
                below.extend(item.values())
                if may_be_long and any(len(key) > bounds.string for key in item):
                    raise _broken("a key is longer than it may be")
            elif type(item) is list:
                below.extend(item)
            elif type(item) is str and len(item) > bounds.string:
                raise _broken(f"a text in it is longer than {bounds.string:,} characters")
        level = below
