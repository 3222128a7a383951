"""Examples that checks of the data point at, fetched so that a person can look at them side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from touchstone.dataset.leaks import COPY_WORDS
from touchstone.report.gallery import Looked, Pointed

if TYPE_CHECKING:
    from touchstone.checks.flagged import Flag
    from touchstone.dataset.model import Dataset
    from touchstone.pipeline.repairing import Moved

CHECKS = ("data.leakage", "data.duplicates", "data.label_noise", "data.label_proxy")
"""Checks whose examples are shown. Personal data are never put on a page."""
MOST = 8
"""Examples or pairs of one check."""
_KINDS = {**COPY_WORDS, "exact": "exact copy"}


def pointed(data: Dataset, flagged: Sequence[Flag], moved: Sequence[Moved] = ()) -> Iterator[Pointed]:
    """The first few flagged examples of every check, then those that a repaired split moves."""
    shelf = _Shelf(data)
    per_check: dict[str, list[Flag]] = defaultdict(list)
    for flag in flagged:
        if flag.check in CHECKS and len(per_check[flag.check]) < MOST:
            per_check[flag.check].append(flag)
    for check in CHECKS:
        for flag in per_check[check]:
            first = shelf.looked(flag.split, flag.example)
            second = shelf.looked(flag.other_split, flag.other) if flag.other else None
            if first is not None and (second is not None or not flag.other):
                yield Pointed(check, _said(flag), first, second)
    for one in moved[:MOST]:
        example = shelf.looked(one.source, one.example)
        if example is not None:
            yield Pointed("moved", f"from {one.source} to {one.split}: {one.why}", example)


def _said(flag: Flag) -> str:
    word = _KINDS.get(flag.kind, flag.kind)
    return f"{word}, likeness {flag.score:.2f}" if flag.score is not None and flag.score < 1 else word


class _Shelf:
    """Finds examples by split and name."""

    def __init__(self, data: Dataset) -> None:
        self._data = data
        self._given = {"train": data.train, "validation": data.validation, "test": data.test, **data.given}
        self._places: dict[str, dict[str, int]] = {}

    def looked(self, split: str, name: str) -> Looked | None:
        """The example as it is shown; None where it is nowhere, or cannot be opened."""
        from touchstone.dataset.picture import PictureError
        from touchstone.pipeline.pictures import shown

        examples = self._given.get(split)
        if examples is None:
            return None
        places = self._places.setdefault(split, {one: i for i, one in enumerate(examples.names)})
        row = places.get(name)
        if row is None:
            return None
        try:
            picture, text = shown(examples.inputs[row])
        except PictureError:
            return None
        label = int(examples.labels[row])
        return Looked(name, split, self._data.classes[label] if label >= 0 else "", picture, text)
