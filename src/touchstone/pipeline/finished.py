"""A finished run, read from its folder: its evidence, its plan, and the digests of both and of the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from touchstone.core import digest
from touchstone.core.errors import Fault, InputError


@dataclass(frozen=True)
class Finished:
    """What a run left behind; everything is read from the files as they are now."""

    folder: Path
    evidence: Mapping[str, Any]
    study: Mapping[str, Any]
    """The plan with every default filled in."""
    locked: Mapping[str, Any]
    """What the lock file pins beside the plan."""

    @classmethod
    def read(cls, folder: Path) -> Finished:
        """Read a run's folder.

        Raises
        ------
        InputError
            where it holds no finished run, or one whose files were damaged
        """
        place = folder / "evidence.json"
        if not place.is_file():
            raise InputError(
                Fault(str(folder), "holds no finished run (no evidence.json)", "name the output folder of a run")
            )
        try:
            evidence = json.loads(place.read_text(encoding="utf-8"))
            study = yaml.safe_load((folder / "study.lock.yaml").read_text(encoding="utf-8"))
            locked = study.pop("locked", {})
            evidence["findings"], evidence["study"]["name"], locked["digests"], study["intended_use"]["use"]
        except FileNotFoundError as fault:
            raise InputError(
                Fault(str(folder), "holds no study.lock.yaml", "name the output folder of a run")
            ) from fault
        except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as fault:
            what = f"evidence.json or study.lock.yaml cannot be read ({type(fault).__name__})"
            raise InputError(Fault(str(folder), what, "they were changed or damaged: run the study again")) from fault
        return cls(folder.absolute(), evidence, study, locked)

    @property
    def name(self) -> str:
        return str(self.evidence["study"]["name"])

    @property
    def use(self) -> str:
        return str(self.study["intended_use"]["use"])

    @property
    def digests(self) -> Mapping[str, Any]:
        """What the lock file pins: data, test, bases, policy, model."""
        found: Mapping[str, Any] = self.locked["digests"]
        return found

    @cached_property
    def plan_digest(self) -> str:
        """Digest of the plan as it stands in the lock file now."""
        return digest.of_data(self.study)

    @cached_property
    def model_digest(self) -> str:
        """Digest of the model's files as they are now; empty where the run made none or they are gone."""
        from touchstone.pipeline.outputs import folder_digest

        place = self._model
        return folder_digest(place) if place is not None and place.is_dir() else ""

    @property
    def architecture(self) -> str:
        """The model's architecture as its configuration names it; empty where none does."""
        try:
            config = json.loads((self._model / "config.json").read_text(encoding="utf-8")) if self._model else {}
            return str(config.get("architecture") or config.get("model_type") or "")  # the first is timm's
        except (OSError, ValueError, AttributeError):
            return ""

    @property
    def _model(self) -> Path | None:
        chosen = (self.evidence.get("chosen") or {}).get("path")
        if not chosen:
            return None
        return self.folder / "model" if chosen == "model/" else Path(self.locked.get("folder", "")) / chosen
