"""A model's JSON files, read strictly: data only, never a pointer to code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from touchstone.core.errors import Fault, ModelFilesError

MAXIMUM_BYTES = 64 << 20  # a large tokenizer.json is about 20 MB
_CODE_KEYS = frozenset({"auto_map", "trust_remote_code", "custom_pipelines"})


def read_config(path: Path) -> dict[str, Any]:
    """A JSON object that names no code of its own.

    Raises
    ------
    ModelFilesError
        where the file is absent, too large, no UTF-8 JSON object, repeats a key, or asks for remote code
    """
    if not path.is_file():
        raise _refused(path, "no such file")
    if path.stat().st_size > MAXIMUM_BYTES:
        raise _refused(path, f"larger than {MAXIMUM_BYTES >> 20} MB")
    try:
        value = json.loads(path.read_text("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        raise _refused(path, f"not strict JSON ({fault})") from fault
    if not isinstance(value, dict):
        raise _refused(path, "not a JSON object")
    for key in _keys(value):
        if key in _CODE_KEYS:
            raise _refused(path, f"asks for code of its own ({key})", "only code of transformers itself is run")
    return value


def _refused(path: Path, what: str, mend: str = "") -> ModelFilesError:
    return ModelFilesError(Fault(str(path), what, mend))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key stands twice")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _keys(value: Any) -> set[str]:
    found: set[str] = set()
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            found.update(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return found
