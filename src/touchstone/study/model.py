"""The study: a plan written before training, parsed, completed and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from touchstone.core.recipe import Recipe

Use = Literal["research", "internal", "commercial", "redistribution"]
TaskName = Literal["image-classification", "text-classification", "tabular-classification"]

METRICS: tuple[str, ...] = (
    "accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "macro_precision", "macro_recall", "mcc",
    "roc_auc", "pr_auc", "log_loss", "brier", "calibration_error", "worst_class_recall", "worst_slice_recall",
    "worst_slice_gap", "shift_drop", "ood_auroc", "latency_ms_p50", "latency_ms_p95", "latency_ms_p99",
    "throughput", "size_mb", "energy_wh", "carbon_g",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Organisation:
    """Facts that use-restricted licences ask about."""

    home: str | None = None
    monthly_users: int | None = None
    revenue: float | None = None


@dataclass(frozen=True, slots=True)
class IntendedUse:
    """What the result is for, and who answers for it."""

    purpose: str = ""
    use: Use = "research"
    owner: str = ""
    delivery: Literal["none", "saas", "on_device", "weights"] | None = None
    organisation: Organisation = Organisation()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where examples stand: a path, or a label table with its files."""

    path: Path
    """A folder, zip, CSV, JSON Lines, Parquet or a saved dataset; the label table where ``files`` is given."""
    files: Path | None = None
    """A folder or zip in which a table's paths are tried after the table's own folder."""
    written: str = ""
    """As it stands in the study."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a table holds what; None is guessed (input, label) or absent (group, time)."""

    input: str | None = None
    label: str | None = None
    group: str | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True)
class Data:
    """The data of a study."""

    train: Source
    validation: Source | None = None
    test: Source | None = None
    shift: Mapping[str, Source] = field(default_factory=dict)
    unlabelled: Source | None = None
    columns: Columns = Columns()
    slices: tuple[str, ...] = ()
    license: str | None = None
    source: str | None = None
    personal: bool = False
    test_openings: int = 3


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A candidate base model as the study names it."""

    written: str
    """The name it goes by in findings: the path or ``org/name@revision`` as written."""
    path: Path | None = None
    """Local folder; None for a hub reference."""
    repository: str | None = None
    revision: str | None = None
    source: str | None = None
    publisher: str | None = None
    license: str | None = None


@dataclass(frozen=True, slots=True)
class Adapted:
    """A model that somebody has already fine-tuned, for ``assess``."""

    path: Path
    written: str
    base: str | None = None
    """The base it came from, as written in ``base_models``."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may cost; None is no bound."""

    minutes: float | None = None
    energy_wh: float | None = None


@dataclass(frozen=True, slots=True)
class Adapt:
    """How to adapt: the user's own recipes run beside Touchstone's."""

    recipes: tuple[Recipe, ...] = ()
    augment: tuple[str, ...] | Literal["none", "auto"] = "auto"
    seeds: int = 3
    budget: Budget = Budget()


@dataclass(frozen=True, slots=True)
class Requirement:
    """A bound fixed before the test set is opened.

    ``on`` is ``test``, the name of a shift set, or ``column=value``.
    """

    metric: str
    minimum: float | None = None
    maximum: float | None = None
    on: str = "test"


@dataclass(frozen=True, slots=True)
class Study:
    """A plan: data, candidate base models, intended use, thresholds, budget."""

    name: str
    task: TaskName
    data: Data
    base_models: tuple[BaseModel, ...] = ()
    intended_use: IntendedUse = IntendedUse()
    adapted: Adapted | None = None
    adapt: Adapt = Adapt()
    require: tuple[Requirement, ...] = ()
    policy: str = "default"
    folder: Path = Path()
    """The folder that relative paths start from: the study file's own."""
    seed: int = 0
