"""Opening the candidate base models; one that is refused is dropped before its bytes reach loading code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from touchstone.core.errors import Fault, ModelFilesError
from touchstone.core.finding import Finding, Severity, Status
from touchstone.pipeline.bench import Bench
from touchstone.study.model import BaseModel

if TYPE_CHECKING:
    from touchstone.nn.base_model import Base


@dataclass(frozen=True)
class Refused:
    """A base model that cannot serve, and why, in one line."""

    base: BaseModel
    reason: str

    def finding(self, *, others: bool) -> Finding:
        """A blocker where this base was the only one; minor where another carries the study."""
        return Finding(
            "supply.files",
            self.base.written,
            Status.FAIL,
            Severity.MINOR if others else Severity.BLOCKER,
            f"This base model was refused: {self.reason}.",
            remedy="use a base model in Hugging Face layout with safetensors weights of a supported architecture",
            details={"kind": "unsupported", "file": self.reason.split(":")[0], "severity_unmended": "blocker"},
        )


def open_bases(bench: Bench) -> tuple[list[Base], list[Refused]]:
    """Look at every candidate base of the study, running none.

    Raises
    ------
    ModelFilesError
        where the study names no base at all
    """
    if not bench.study.base_models:
        raise ModelFilesError(Fault("base_models", "the study names no base model", "name at least one folder"))
    opened: list[Base] = []
    refused: list[Refused] = []
    for model in bench.study.base_models:
        try:
            opened.append(_open(bench, model))
        except ModelFilesError as error:
            bench.progress.say(f"refused: {error}")
            refused.append(Refused(model, "; ".join(_sentence(fault) for fault in error.faults)))
    return opened, refused


def _open(bench: Bench, model: BaseModel) -> Base:
    from touchstone.nn.base_model import open_base

    path = model.path or _fetch(bench, model)
    return replace(open_base(path, model.written, bench.study.task), written=model.written)


def _fetch(bench: Bench, model: BaseModel) -> Path:
    from touchstone.nn.base_model import resolve_hub

    assert model.repository is not None and model.revision is not None, "a base is a local folder or a hub reference"
    return resolve_hub(model.repository, model.revision, bench.home)


def _sentence(fault: Fault) -> str:
    return str(Fault("", fault.what, fault.mend)).rstrip(".")


def names(bases: Sequence[Base]) -> list[str]:
    """The bases as written in the study."""
    return [base.written for base in bases]
