"""The gallery: what people would rather look at than read, as plain data beside the evidence.

Every part is optional; a part that is absent is not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with the ends of its 95 % interval, where it has one."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    """How many examples of one class were taken for another."""

    true: str
    predicted: str
    count: float
    of: float
    """Examples of the true class."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """One group of predictions of like confidence, all in 0..1; the band is the 95 % interval of ``accuracy``."""

    confidence: float
    accuracy: float
    count: int
    band_low: float | None = None
    band_high: float | None = None


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One class on the test set."""

    name: str
    support: int
    precision: Measured
    recall: Measured
    f1: Measured


@dataclass(frozen=True, slots=True)
class SliceScore:
    """One slice on the test set, or one shift set: its score, and how far it lies below the rest."""

    name: str
    n: int
    score: Measured
    metric: str = "accuracy"
    gap: Measured | None = None
    """The rest's score minus this one's (larger is worse)."""
    note: str = ""
    kind: str = "slice"
    """``slice`` or ``shift``."""


@dataclass(frozen=True, slots=True)
class TrainingCurve:
    """One training; lists of equal length in order of ``steps`` (losses in nats, accuracies in 0..1)."""

    candidate: str
    seed: int
    steps: Sequence[float]
    train_losses: Sequence[float] = ()
    validation_losses: Sequence[float] = ()
    validation_accuracies: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class LearningPoint:
    """A score reached with ``n`` training examples."""

    n: int
    score: Measured


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """How a candidate's score grows with the number of training examples."""

    candidate: str
    points: Sequence[LearningPoint]
    metric: str = "accuracy"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong prediction; ``picture`` holds the bytes of a small PNG or JPEG."""

    name: str
    true: str
    predicted: str
    confidence: float
    picture: bytes | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """One example to look at; ``picture`` holds the bytes of a small PNG or JPEG."""

    name: str
    split: str
    label: str = ""
    picture: bytes | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Pointed:
    """An example that a check of the data points at, or a pair of examples."""

    check: str
    """Its id, or ``moved`` for an example that the repaired split puts elsewhere."""
    said: str
    """What is said of it, in a few words."""
    first: Looked
    second: Looked | None = None


@dataclass(frozen=True, slots=True)
class RankedCandidate:
    """One base model in the order, with what the evidence has no room for."""

    base: str
    rank: int
    score: Measured
    twin: Measured | None = None
    """The same network with random weights: the honest zero."""
    best_block: str | None = None
    tied: bool = False
    chosen: bool = False
    seconds_per_example: float | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SplitSize:
    """One split: how many examples, how many of each class (in the order of ``Gallery.classes``)."""

    name: str
    n: int
    class_counts: Sequence[int] = ()
    groups: int | None = None
    made_here: bool = False


@dataclass(frozen=True, slots=True)
class StageCost:
    """One stage of the run and what it took."""

    name: str
    seconds: float
    energy_wh: float | None = None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """The fairness ledger: what one side was allowed to try."""

    candidate: str
    configs_tried: int | None = None
    examples_seen: int | None = None
    seconds: float | None = None
    selected_on: str = ""
    augmentations: Sequence[str] = ()
    trainable_parameters: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class LatencyTimes:
    """Times of single calls in milliseconds, preprocessing included."""

    milliseconds: Sequence[float]
    machine: str = ""
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class Gallery:
    """Everything the pages show beside the evidence."""

    classes: Sequence[str] = ()
    confusion: Sequence[Sequence[float]] = ()
    """Counts on the test set: row = true class, column = predicted class (a list of lists or an array)."""
    confused_pairs: Sequence[ConfusedPair] = ()
    """Most confused first; taken from ``confusion`` where empty."""
    reliability: Sequence[ReliabilityBin] = ()
    per_class: Sequence[ClassScore] = ()
    slices: Sequence[SliceScore] = ()
    curves: Sequence[TrainingCurve] = ()
    learning: Sequence[LearningCurve] = ()
    mistakes: Sequence[Mistake] = ()
    pointed: Sequence[Pointed] = ()
    """Examples that checks of the data point at; ``flagged.csv`` names them all."""
    ranking: Sequence[RankedCandidate] = ()
    splits: Sequence[SplitSize] = ()
    stages: Sequence[StageCost] = ()
    ledger: Sequence[LedgerRow] = ()
    latency: LatencyTimes | None = None
    open_questions: Sequence[str] = ()
    """Whole sentences, most important first, each with the cheapest way to close it."""
    beyond_doubt: Sequence[str] = ()
    """Whole sentences about what is already settled."""
    common_cause: str | None = None
    """One sentence that names the likely common cause of several failed findings and the next experiment."""
    next_step: str | None = None
    notes: Sequence[str] = ()
    """Guesses and remarks about the data, in sentences."""
    model_path: str | None = None
    made_on: str | None = None
    """Date of the run as ``YYYY-MM-DD``; given from outside, so that equal runs give equal pages."""
    version: str | None = None
    """Version of Touchstone that made the run."""
