"""The examples that findings point at: all of them for flagged.csv, the first thousand in the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from touchstone.core.finding import Finding

MOST = 1000
"""How many flagged examples or pairs one finding carries in the evidence."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One line of flagged.csv."""

    check: str
    split: str
    example: str
    other_split: str = ""
    other: str = ""
    kind: str = ""
    score: float | None = None


def flags_of(finding: Finding) -> Iterator[Flag]:
    """Every example of a finding: its ``details.pairs`` where it has pairs, else its ``details.examples``.

    ``details.kinds`` may give the kind of each example, in the same order.
    """
    first, _, second = finding.subject.partition("~")
    pairs = finding.details.get("pairs")
    if pairs is not None:
        for a, b, kind, score in pairs:
            yield Flag(finding.check, first, str(a), second or first, str(b), str(kind), score)
        return
    examples = finding.details.get("examples", ())
    kinds = finding.details.get("kinds") or [""] * len(examples)
    for example, kind in zip(examples, kinds, strict=True):
        yield Flag(finding.check, finding.details.get("split", second or first), str(example), kind=str(kind))


def shortened(finding: Finding) -> Finding:
    """The finding with at most 1,000 examples and pairs; how many there are is kept beside them."""
    cut: dict[str, Any] = {}
    for key in ("examples", "pairs", "kinds"):
        whole = finding.details.get(key)
        if whole is not None and len(whole) > MOST:
            cut[key] = list(whole[:MOST])
            if key != "kinds":
                cut[f"n_{key}"] = len(whole)
    return replace(finding, details={**finding.details, **cut}) if cut else finding
