"""The desk a check is handed: every measurement it may ask for, computed once and shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any, Protocol

from numpy.typing import NDArray

from touchstone.core.finding import Finding
from touchstone.core.measures import BaseScore, Candidate, Latency, Stage
from touchstone.core.signoff import SignOff
from touchstone.dataset.model import Dataset, Examples
from touchstone.dataset.probed import Probed
from touchstone.study.model import Study
from touchstone.supply.vetted import Vetted

CROSS_FITTED = "cross-fitted"
"""A split beside the others: every training example, predicted without it, and then the test set."""


class Need(Enum):
    """What a check cannot do without; where it is missing the pipeline writes the finding for it."""

    DATA = auto()
    MODELS = auto()
    """Base models whose files were vetted."""
    BASES = auto()
    """Ranked base models."""
    CANDIDATES = auto()
    """Trained references and adapted models."""
    ADAPTED = auto()
    """A chosen adapted model."""
    TEST = auto()
    """Predictions on the opened test set."""


class Context(Protocol):
    """What checks read. Nothing here trains, writes or opens the test set by surprise."""

    @property
    def study(self) -> Study: ...
    @property
    def data(self) -> Dataset: ...
    @property
    def seed(self) -> int: ...

    @property
    def probed(self) -> Probed | None:
        """A sample of the labelled training examples with features and held-out predictions; None where none are."""

    def features(self, examples: Examples) -> Any:
        """Any examples in the feature space of ``probed``, (n, d)."""

    @property
    def vetted(self) -> Sequence[Vetted]:
        """Every base model of the study after vetting, in the study's order."""

    @property
    def bases(self) -> Sequence[BaseScore]:
        """Ranked base models, best first; empty where none could be used."""

    @property
    def raw_reference_items(self) -> NDArray[Any] | None:
        """Per-item correctness of the raw-feature reference, on the items and folds of ``bases``."""

    @property
    def candidates(self) -> Sequence[Candidate]:
        """Every reference and adapted model, references first."""

    @property
    def chosen(self) -> Candidate | None:
        """What ships if the verdict allows it."""

    @property
    def judged(self) -> Sequence[Candidate]:
        """The chosen candidate, then each recipe of the user's that was not chosen."""

    def reference(self, name: str) -> Candidate | None:
        """majority, non-transfer, scratch or linear-probe; None where it was not made."""

    def probabilities(self, candidate: Candidate, split: str) -> NDArray[Any]:
        """(seeds, n, classes) on ``test``, on a shift set by name, or on ``cross-fitted``; what ships is :meth:`shipped`."""

    def is_cross_fitted(self, candidate: Candidate) -> bool:
        """Whether a candidate has predictions on the split ``cross-fitted``."""

    def shipped(self, candidate: Candidate, split: str) -> NDArray[Any]:
        """(n, classes): predictions of the one model that would be shipped for this candidate."""

    def labels(self, split: str) -> NDArray[Any]:
        """Class indices of ``train``, ``validation``, ``test`` or a shift set; sealed until evaluation."""

    def groups(self, split: str) -> NDArray[Any] | None:
        """Group of every item as integers, None where no group column is declared."""

    def columns(self, split: str) -> Mapping[str, Sequence[str]]:
        """The slice columns of a split."""

    @property
    def latency(self) -> Latency | None:
        """Single calls of the chosen model."""

    @property
    def openings(self) -> int:
        """How often this test set has been opened, this run's opening included."""

    @property
    def openings_changed_model(self) -> bool:
        """Whether an earlier opening was for another model than this one."""

    @property
    def stages(self) -> Sequence[Stage]:
        """What the run has cost so far."""

    @property
    def energy(self) -> Mapping[str, Any]:
        """Energy of the run: energy_wh, low_wh, high_wh, carbon_g, method, measured; and its seconds by the clock,
        which are fewer than those of its stages where trainings stood side by side.
        """

    @property
    def missing(self) -> Mapping[str, str]:
        """Why something was not measured: name of a reference or stage -> reason (``budget``, a fault)."""

    @property
    def sign_off(self) -> SignOff:
        """Who is asked to sign, and who has."""

    @property
    def findings(self) -> Sequence[Finding]:
        """What earlier checks found (the checkpoint reads these)."""
