"""The ``require`` part of a study file: bounds fixed before the test set is opened."""

from __future__ import annotations

import re
from math import inf

from touchstone.study.model import METRICS, Data, Requirement
from touchstone.study.nodes import Node
from touchstone.study.reading import Reader, Reading, Unread, suggestion
from touchstone.study.vocabulary import LOWER_IS_BETTER, SIGNED, UNBOUNDED

_BOUND = re.compile(r"\s*(?P<side><=|>=|≤|≥)\s*(?P<number>\S+)\s*")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NEEDS_SLICES = ("worst_slice_recall", "worst_slice_gap")


class RequirementReading:
    """Reads ``require``; what it may ask depends on the shift sets and slices of ``data``."""

    def __init__(self, reading: Reading, data: Data | None) -> None:
        self.reading, self.data = reading, data

    def requirements(self, node: Node, path: str) -> tuple[Requirement, ...]:
        """All bounds, in the order of the file."""
        if not node.is_mapping:
            mend = 'write lines such as macro_f1: ">= 0.85"'
            raise self.reading.refuse(node, path, f"{path} is {node.said()}, not a mapping", mend)
        found: list[Requirement] = []
        for metric, (key, value) in node.value.items():
            below = f"{path}.{metric}"
            if metric not in METRICS:
                self.reading.note(key, below, f"unknown metric {metric!r}", suggestion(metric, METRICS))
                continue
            self._refuse_unmeasurable(metric, key, below)
            for item in value.value if value.is_sequence else [value]:
                try:
                    found.append(self._requirement(metric, item, below))
                except Unread:
                    continue
        return tuple(found)

    def _requirement(self, metric: str, node: Node, path: str) -> Requirement:
        if not node.is_mapping:
            return self._from_words(metric, node, path)
        number = self._number(metric)
        values = self.reading.mapping(node, path, {"min": number, "max": number, "on": self._place})
        low, high = values.get("min"), values.get("max")
        if low is None and high is None:
            if not any(key in node.value for key in ("min", "max")):
                self.reading.note(node, path, f"{metric} has no bound", "add min: or max:")
            raise Unread("no bound")
        if low is not None and high is not None and low > high:
            what = f"{metric}: min {low:g} is above max {high:g}"
            raise self.reading.refuse(node, path, what, "no result can meet it")
        return Requirement(metric, low, high, values.get("on", "test"))

    def _from_words(self, metric: str, node: Node, path: str) -> Requirement:
        right = "<=" if metric in LOWER_IS_BETTER else ">="
        match = _BOUND.fullmatch(node.text) if node.text is not None else None
        if not match:
            mend = f'write "{right} {_meant(metric, node.text or ""):g}"'
            raise self.reading.refuse(node, path, f"{metric}: {node.said()} is no bound", mend)
        side = match["side"].replace("≤", "<=").replace("≥", ">=")
        bound = self._number(metric)(Node(match["number"], node.line, match["number"]), path)
        if side != right:
            mend = f'write "{right} {bound:g}", or {{{"min" if side == ">=" else "max"}: {bound:g}}} if you mean it'
            raise self.reading.refuse(node, path, f"{metric}: {node.said()} asks for a bad model", mend)
        return Requirement(metric, bound, None) if side == ">=" else Requirement(metric, None, bound)

    def _number(self, metric: str) -> Reader:
        plain = self.reading.number()

        def read(node: Node, path: str) -> float:
            value: float = plain(node, path)
            low, high = _range(metric)
            if not low <= value <= high:
                percent = high < value <= 100 and (metric in LOWER_IS_BETTER or value >= 10)
                mend = f"write {value / 100:g}" if percent else ""
                raise self.reading.refuse(node, path, f"{metric} lies in {low:g}..{high:g}, not at {value:g}", mend)
            return value

        return read

    def _place(self, node: Node, path: str) -> str:
        place = self.reading.text(node, path)
        if self.data is None or place == "test" or place in self.data.shift:
            return place
        column, equals, value = place.partition("=")
        if equals and value and column in self.data.slices:
            return place
        shifts = ["test", *self.data.shift]
        if equals:
            known = [f"{name}={value}" for name in self.data.slices]
            what = f"{place!r} names a column that is not among data.slices"
            mend = suggestion(place, known) if known else f"add {column!r} to data.slices"
        else:
            what, mend = f"no shift set is named {place!r}", suggestion(place, shifts)
        raise self.reading.refuse(node, path, what, mend)

    def _refuse_unmeasurable(self, metric: str, key: Node, path: str) -> None:
        if self.data is None:
            return
        if metric in _NEEDS_SLICES and not self.data.slices:
            self.reading.note(key, path, f"{metric} cannot be measured without slices", "name columns in data.slices")
        if metric == "shift_drop" and not self.data.shift:
            self.reading.note(key, path, "shift_drop cannot be measured without a shift set", "name one in data.shift")


def _range(metric: str) -> tuple[float, float]:
    """Least and greatest value that a metric can take."""
    return -1.0 if metric in SIGNED else 0.0, inf if metric in UNBOUNDED else 2.0 if metric == "brier" else 1.0


def _meant(metric: str, text: str) -> float:
    """A bound for an example of how to write one: the number that stands there, where it can be one."""
    low, high = _range(metric)
    numbers = [float(number) for number in _NUMBER.findall(text)]
    return next((number for number in numbers if low <= number <= high), 0.05 if metric in LOWER_IS_BETTER else 0.8)
