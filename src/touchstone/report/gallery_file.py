"""The gallery as JSON and back, so that a finished run's pages can be written again."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Mapping
from types import NoneType
from typing import Any, get_args, get_type_hints

from touchstone.core.evidence import to_plain
from touchstone.report.gallery import Gallery

_BYTES = "base64"


def to_json(gallery: Gallery) -> str:
    """The gallery as one JSON text; pictures as base64; numbers that are not finite become null."""
    return json.dumps(_plain(gallery), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def from_json(text: str) -> Gallery:
    """Read back what :func:`to_json` wrote; lists come back as tuples, unknown keys are left out."""
    gallery: Gallery = _record(Gallery, json.loads(text))
    return gallery


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {_BYTES: base64.b64encode(value).decode("ascii")}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return to_plain(value)


def _record(kind: Any, mapping: Mapping[str, Any]) -> Any:
    hints = get_type_hints(kind)
    return kind(**{name: _read(hints[name], value) for name, value in mapping.items() if name in hints})


def _read(hint: Any, value: Any) -> Any:
    if isinstance(value, list):
        items = get_args(_present(hint))
        return tuple(_read(items[0] if items else Any, item) for item in value)
    if isinstance(value, Mapping):
        if _BYTES in value:
            return base64.b64decode(value[_BYTES], validate=True)
        return _record(_present(hint), value)
    return value


def _present(hint: Any) -> Any:
    """The type behind ``X | None``."""
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    return kinds[0] if NoneType in get_args(hint) and kinds else hint
