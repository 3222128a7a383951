"""What a verb gives back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchstone.core.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Result:
    """Evidence as plain data, its exact text, and the output folder where there is one."""

    evidence: Mapping[str, Any]
    text: str
    folder: Path | None

    @classmethod
    def of(cls, evidence: Evidence, folder: Path | None) -> Result:
        """From fresh evidence."""
        return cls(evidence.as_mapping(), evidence.as_json(), folder)

    @classmethod
    def read(cls, folder: Path) -> Result:
        """From a finished run's folder."""
        text = (folder / "evidence.json").read_text(encoding="utf-8")
        return cls(json.loads(text), text, folder)
