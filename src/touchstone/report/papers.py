"""What the base models' own cards tell: training data and known limits, quoted and never checked."""

from __future__ import annotations

from dataclasses import dataclass

from touchstone.report.reading import Reading, mapping
from touchstone.report.wording import clip

_LONGEST = 400
_MOST = 20


@dataclass(frozen=True, slots=True)
class Told:
    """One base model, in the words of whoever published it; empty where nothing is told."""

    base: str
    training_data: str
    limits: str


def told(reading: Reading) -> list[Told]:
    """Every base model that was vetted, the one that was chosen alone where there is one."""
    chosen = mapping(reading.evidence.get("chosen")).get("base")
    found = [
        Told(
            clip(finding.get("subject") or "", 120),
            clip(mapping(finding.get("details")).get("training_data") or "", _LONGEST),
            clip(mapping(finding.get("details")).get("limits") or "", _LONGEST),
        )
        for finding in reading.of_check("supply.documentation")
        if "training_data" in mapping(finding.get("details")) and chosen in (None, finding.get("subject"))
    ]
    return found[:_MOST]
