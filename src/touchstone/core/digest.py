"""Digests: of bytes, of files, and of plain data in one canonical form."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20


def of_bytes(data: bytes) -> str:
    """SHA-256 of bytes, as ``sha256:<hex>``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def of_file(path: Path) -> str:
    """SHA-256 of a file's bytes, read once in chunks."""
    state = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            state.update(chunk)
    return "sha256:" + state.hexdigest()


def canonical_json(value: Any) -> str:
    """One spelling for equal data: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def of_data(value: Any) -> str:
    """SHA-256 of plain data (what JSON can hold) in canonical form."""
    return of_bytes(canonical_json(value).encode())
