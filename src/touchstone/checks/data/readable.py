"""Check ``data.readable``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import ClassVar

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.words import counted, listed, percent, plural, things
from touchstone.core.finding import Finding, Severity, Status
from touchstone.dataset.model import Dataset, Unreadable

_KINDS = {
    "corrupt": ("cannot be decoded", "cannot be decoded"),
    "empty": ("is empty", "are empty"),
    "unlabelled": ("has no label", "have no label"),
    "missing": ("is named in a table but is not there", "are named in a table but are not there"),
    "too_large": ("is too large to read", "are too large to read"),
    "class_not_in_training": (
        "belongs to a class that training does not know",
        "belong to a class that training does not know",
    ),
    "class_seen_once": ("is the only example of its class", "are the only examples of their classes"),
}
"""What is wrong with one example of a kind, and with several."""


class Readable(Check):
    """Can every example be read, with a label?

    **Question.** Does every example that the study names arrive as an image, a text or a row, and does it carry a
    label that training knows?

    **Method.** Each example is decoded once when the data are read. What cannot be decoded, is empty, is named but
    missing, has no label, or is the only one of its class is set aside and listed, never dropped silently. Counted,
    so there is no error of estimation. A fail is minor; from 1 % of a split it is major, because then the remaining
    examples may no longer stand for all.

    **Source.** Counting; no publication needed.

    **Cannot see.** Images that decode but show nothing, truncated texts that still read well, and labels that are
    wrong (`data.label_noise`).
    """

    id: ClassVar[str] = "data.readable"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DATA})
    thresholds: ClassVar[Mapping[str, float]] = {"major_from_share": 0.01}

    def run(self, context: Context) -> Iterator[Finding]:
        data, task = context.data, context.study.task
        by_split: dict[str, list[Unreadable]] = {name: [] for name in data.given}
        for item in data.unreadable:
            by_split.setdefault(item.split, []).append(item)
        for split, bad in by_split.items():
            n = _n_read(data, split, bad)
            yield self._fail(split, bad, n, task) if bad else self._pass(split, n, task)

    def _pass(self, split: str, n: int, task: str) -> Finding:
        every = f"All {counted(n, task)} of `{split}` could be read, with a label that training knows."
        if n == 0:
            return self.finding(split, Status.NOT_APPLICABLE, f"There is nothing in `{split}`.")
        return self.finding(split, Status.PASS, every, value=0.0, threshold=0.0, n=n)

    def _fail(self, split: str, bad: list[Unreadable], n: int, task: str) -> Finding:
        share = len(bad) / n
        severity = Severity.MAJOR if share >= self.thresholds["major_from_share"] else Severity.MINOR
        kinds = Counter(item.kind for item in bad)
        told = "; ".join(_told(kind, count) for kind, count in kinds.most_common())
        return self.finding(
            split, Status.FAIL,
            f"{len(bad):,} of {counted(n, task)} of `{split}` ({percent(share)}) could not be used and were set aside: {told}.",
            severity=severity, value=share, threshold=0.0, n=n,
            remedy=f"mend or remove the {plural(len(bad), things(task, 1), things(task))} listed in flagged.csv, "
            f"such as {listed([item.example for item in bad], 3)}",
            examples=[item.example for item in bad],
            kinds=[item.kind for item in bad],
            reasons=[item.reason for item in bad[:20]],
            by_kind=dict(kinds),
        )  # fmt: skip


def _told(kind: str, count: int) -> str:
    plain = kind.replace("_", " ")
    return f"{count:,} {_KINDS.get(kind, (plain, plain))[count > 1]}"


def _n_read(data: Dataset, split: str, bad: list[Unreadable]) -> int:
    """Examples of a split that were looked at: those read, and those set aside (some stand in both lists)."""
    given = set(data.given[split].names) if split in data.given else set()
    return len(given | {item.example for item in bad})
