"""A desk with base models that were vetted, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from touchstone.checks.check import Check
from touchstone.checks.context import Context
from touchstone.core.finding import Finding
from touchstone.study.model import BaseModel, Data, IntendedUse, Source, Study
from touchstone.supply.vetted import Vetted


@dataclass(frozen=True)
class Desk:
    """What the supply checks read: the model, the use, and nothing else."""

    study: Study
    vetted: Sequence[Vetted]
    findings: Sequence[Finding] = ()
    seed: int = 0
    judged: Sequence[Any] = ()
    chosen: None = None
    missing: Mapping[str, str] = field(default_factory=dict)


def asked(check: Check, vetted: Sequence[Vetted], use: str = "research") -> list[Finding]:
    """What a check states about some models in a use."""
    bases = tuple(BaseModel(one.written, one.path) for one in vetted)
    study = Study("s", "image-classification", Data(Source(Path())), bases, IntendedUse(use=use))  # type: ignore[arg-type]
    return list(check.run(cast(Context, Desk(study, vetted))))


def one(check: Check, vetted: Vetted, use: str = "research") -> Finding:
    (finding,) = asked(check, [vetted], use)
    return finding


NOWHERE = Vetted("org/name@main", None, "org/name", None, "main", None, None)
