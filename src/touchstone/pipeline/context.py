"""The desk that checks are handed, filled by the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from touchstone.checks.context import CROSS_FITTED
from touchstone.core.finding import Finding
from touchstone.core.measures import BaseScore, Candidate, Latency, Stage
from touchstone.core.signoff import SignOff
from touchstone.dataset.model import Dataset, Examples
from touchstone.dataset.probed import Probed
from touchstone.pipeline.contender import OUT_OF_FOLD, Contender
from touchstone.pipeline.probing import Prober
from touchstone.study.model import Study
from touchstone.supply.vetted import Vetted

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _predicted(predictions: Mapping[str, NDArray[Any]], split: str, axis: int) -> NDArray[Any]:
    return (
        _joined([predictions[OUT_OF_FOLD], predictions["test"]], axis) if split == CROSS_FITTED else predictions[split]
    )


def _joined(parts: Sequence[NDArray[Any]], axis: int = 0) -> NDArray[Any]:
    import numpy as np

    return np.concatenate(parts, axis=axis)


@dataclass
class RunContext:
    """Implements :class:`touchstone.checks.context.Context`; filled stage by stage, then read by the checks."""

    study: Study
    seed: int = 0
    data_or_none: Dataset | None = None
    bases: Sequence[BaseScore] = ()
    raw_reference_items: NDArray[Any] | None = None
    contenders: Sequence[Contender] = ()
    chosen_subject: str | None = None
    opened: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """Labels of test and shift sets, once the seal was opened."""
    latency: Latency | None = None
    openings: int = 0
    openings_changed_model: bool = False
    stages: Sequence[Stage] = ()
    energy: Mapping[str, Any] = field(default_factory=dict)
    vetted: Sequence[Vetted] = ()
    sign_off: SignOff = field(default_factory=SignOff)
    saved: Mapping[str, Any] = field(default_factory=dict)
    """What transfer saved against the references, see :mod:`touchstone.pipeline.saving`."""
    prober: Prober | None = None
    missing: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    memory: dict[Any, Any] = field(default_factory=dict)
    """What the comparison computed once and the checks ask for again, see :func:`touchstone.checks.gains.gain`."""

    @property
    def data(self) -> Dataset:
        assert self.data_or_none is not None, "a check that needs data says so in its needs"
        return self.data_or_none

    @property
    def probed(self) -> Probed | None:
        return None if self.prober is None else self.prober.probed()

    def features(self, examples: Examples) -> Any:
        assert self.prober is not None, "features are asked for where examples were probed"
        return self.prober.features(examples)

    @property
    def candidates(self) -> Sequence[Candidate]:
        return [contender.candidate for contender in self.contenders]

    @property
    def chosen(self) -> Candidate | None:
        return next((c for c in self.candidates if c.subject == self.chosen_subject), None)

    @property
    def judged(self) -> Sequence[Candidate]:
        chosen = self.chosen
        return ([chosen] if chosen else []) + [c for c in self.candidates if c.user and c is not chosen]

    def reference(self, name: str) -> Candidate | None:
        return next((c for c in self.candidates if c.kind == "reference" and c.name == name), None)

    def contender(self, candidate: Candidate) -> Contender:
        """The contender behind a candidate."""
        return next(c for c in self.contenders if c.candidate is candidate)

    def probabilities(self, candidate: Candidate, split: str) -> NDArray[Any]:
        return _predicted(self.contender(candidate).predictions, split, axis=1)

    def is_cross_fitted(self, candidate: Candidate) -> bool:
        return OUT_OF_FOLD in self.contender(candidate).predictions

    def shipped(self, candidate: Candidate, split: str) -> NDArray[Any]:
        return _predicted(self.contender(candidate).shipped, split, axis=0)

    def labels(self, split: str) -> NDArray[Any]:
        if split == CROSS_FITTED:
            return _joined([self.data.train.labels, self.opened["test"]])
        if split == "train":
            return self.data.train.labels
        if split == "validation":
            return self.data.validation.labels
        return self.opened[split]

    def groups(self, split: str) -> NDArray[Any] | None:
        import numpy as np

        names = self._groups(split)
        return None if names is None else np.unique(np.asarray(names, dtype=str), return_inverse=True)[1]

    def _groups(self, split: str) -> Sequence[str] | None:
        if split != CROSS_FITTED:
            groups: Sequence[str] | None = self._examples(split).groups
            return groups
        train, test = self.data.train.groups, self.data.test.groups
        return None if train is None or test is None else [*train, *test]

    def columns(self, split: str) -> Mapping[str, Sequence[str]]:
        columns = self._examples(split).columns
        return {name: columns[name] for name in self.study.data.slices if name in columns}

    def _examples(self, split: str) -> Any:
        fixed = {"train": self.data.train, "validation": self.data.validation, "test": self.data.test}
        if split == "left_out":
            return self.data.left_out
        return fixed[split] if split in fixed else self.data.shift[split]

    @property
    def evaluated(self) -> Sequence[str]:
        """The opened splits that scores are reported on: test, then the shift sets."""
        return [split for split in self.opened if split != "left_out"]
