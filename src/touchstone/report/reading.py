"""Evidence, gallery and study as one thing that every page reads from; gaps read as absent, not as errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from touchstone.core import catalogue, digest
from touchstone.core.finding import FOR_INFORMATION
from touchstone.report.gallery import Gallery

GRAVITY = ("blocker", "major", "minor", "info")
NOT_MEASURED = "not measured by this version"
TEST = "test"
_DECIDED = ("pass", "fail", "not_applicable")


@dataclass(frozen=True)
class Reading:
    """A run, ready to be told. ``evidence`` is what stands in ``evidence.json``, ``study`` what stands in the lock file."""

    evidence: Mapping[str, Any]
    gallery: Gallery
    study: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(mapping(self.evidence.get("study")).get("name") or self.study.get("name") or "study")

    @property
    def verdict(self) -> str:
        return str(self.evidence.get("verdict"))

    @property
    def reasons(self) -> list[str]:
        return [str(reason) for reason in self.evidence.get("reasons") or ()]

    @property
    def use(self) -> Mapping[str, Any]:
        return mapping(self.study.get("intended_use"))

    @cached_property
    def findings(self) -> list[Mapping[str, Any]]:
        """Every finding, gravest first, then in the order of the catalogue."""
        places = {id: place for place, id in enumerate(catalogue.rows())}

        def order(finding: Mapping[str, Any]) -> tuple[int, int]:
            severity = finding.get("severity")
            gravity = GRAVITY.index(severity) if severity in GRAVITY else len(GRAVITY)
            return gravity, places.get(str(finding.get("check")), len(places))

        return sorted(records(self.evidence.get("findings")), key=order)

    @cached_property
    def aside(self) -> list[Mapping[str, Any]]:
        """What was found about recipes and bases that were not chosen."""
        return [finding for finding in self.findings if not decides(finding)]

    @cached_property
    def waived(self) -> list[Mapping[str, Any]]:
        """What is carried openly under a waiver."""
        return [finding for finding in self.findings if waiver_of(finding)]

    def of_check(self, check: str) -> list[Mapping[str, Any]]:
        """The findings of one check."""
        return [finding for finding in self.findings if finding.get("check") == check]

    @cached_property
    def failed(self) -> list[Mapping[str, Any]]:
        return [finding for finding in self.findings if finding.get("status") == "fail"]

    @cached_property
    def open(self) -> list[Mapping[str, Any]]:
        """What could not be decided, without what this version does not measure at all; an unknown status is a doubt."""
        return [f for f in self.findings if f.get("status") not in _DECIDED and not is_unmeasured(f)]

    @cached_property
    def unmeasured(self) -> list[Mapping[str, Any]]:
        return [finding for finding in self.findings if is_unmeasured(finding)]

    @cached_property
    def passed(self) -> list[Mapping[str, Any]]:
        return [finding for finding in self.findings if finding.get("status") == "pass"]

    @cached_property
    def inapplicable(self) -> list[Mapping[str, Any]]:
        return [finding for finding in self.findings if finding.get("status") == "not_applicable"]

    @cached_property
    def comparison(self) -> list[Mapping[str, Any]]:
        return records(self.evidence.get("comparison"))

    @property
    def metric(self) -> str | None:
        """The primary metric: the comparison leads with it."""
        return str(self.comparison[0].get("metric")) if self.comparison else None

    @property
    def splits(self) -> list[str]:
        """The splits that were compared on, the test set first."""
        found = dict.fromkeys(str(row.get("split")) for row in self.comparison)
        return sorted(found, key=lambda split: split != TEST)

    def rows(self, split: str, metric: str | None) -> list[Mapping[str, Any]]:
        """The comparison of all candidates on one split by one metric."""
        return [row for row in self.comparison if row.get("split") == split and row.get("metric") == metric]

    def is_chosen(self, row: Mapping[str, Any]) -> bool:
        """Whether this row of the comparison is about what was chosen."""
        chosen = mapping(self.evidence.get("chosen"))
        name, base = chosen.get("candidate"), chosen.get("base")
        if not name:
            return False
        return row.get("candidate") in (name, f"{name}@{base}") and (not base or row.get("base") in (base, None))

    def chosen_row(self, metric: str | None, split: str | None = None) -> Mapping[str, Any] | None:
        """The chosen candidate's score by a metric, on the test set or else the first split there is."""
        splits = [split] if split else self.splits[:1]
        return next((row for split in splits for row in self.rows(split, metric) if self.is_chosen(row)), None)

    @property
    def digest(self) -> str:
        """Digest of the evidence as data, so that a page can be held against the file beside it."""
        # A file name may hold bytes that are no text; it must not keep a page from being written.
        return digest.of_bytes(digest.canonical_json(dict(self.evidence)).encode("utf-8", "surrogatepass"))

    @property
    def n_test(self) -> int | None:
        """Test examples, where the gallery or a finding tells."""
        for split in self.gallery.splits:
            if split.name == TEST:
                return split.n
        return None


def mapping(value: Any) -> Mapping[str, Any]:
    """This mapping, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def records(value: Any) -> list[Mapping[str, Any]]:
    """The mappings of a list."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, Sequence) else []


def decides(finding: Mapping[str, Any]) -> bool:
    """Whether a finding speaks of what would ship, rather than for information of what was not chosen."""
    return FOR_INFORMATION not in mapping(finding.get("details"))


def waiver_of(finding: Mapping[str, Any]) -> Any:
    """The waiver that is in force for a finding, if any."""
    return mapping(finding.get("details")).get("waiver")


def is_unmeasured(finding: Mapping[str, Any]) -> bool:
    """Whether the check behind a finding exists in name only."""
    marked = mapping(finding.get("details")).get("unmeasured") or NOT_MEASURED in str(finding.get("statement"))
    return finding.get("status") == "inconclusive" and bool(marked)
