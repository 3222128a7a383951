"""The records that producers hand to checks: plain frozen facts about bases, candidates and their training.

Arrays: ``probabilities`` float32 of shape (seeds, n, classes), rows sum to 1; ``losses`` float64 of
shape (n,), negative log-likelihood in nats of one item each; ``labels`` int64 of shape (n,).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from touchstone.core.interval import Estimate, Interval
from touchstone.core.recipe import Recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took. Energy is an estimate unless ``energy_measured``."""

    seconds: float = 0.0
    energy_wh: float | None = None
    examples_through_backbone: int = 0
    trainable_parameters: int = 0


@dataclass(frozen=True, slots=True)
class Effort:
    """One line of the fairness ledger: what a side was allowed to try."""

    configs_tried: int
    examples_seen: int
    seconds: float
    selected_on: str
    augmentations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingLog:
    """What one training showed. The lists of evaluations are of equal length, in order of ``steps``."""

    learning_rate: float
    steps: tuple[int, ...] = ()
    examples_seen: tuple[int, ...] = ()
    train_losses: tuple[float, ...] = ()
    validation_losses: tuple[float, ...] = ()
    validation_accuracies: tuple[float, ...] = ()
    step_losses: tuple[float, ...] = ()
    """Training loss of every step."""
    update_ratios: tuple[float, ...] = ()
    """Median over weight tensors of ||dW|| / ||W||, of every step."""
    tempered_losses: tuple[float, ...] = ()
    """Validation losses at the temperature that suits each evaluation best: what is left when confidence is put right."""
    range_test: tuple[tuple[float, float], ...] = ()
    """(rate, smoothed loss) pairs of the range test, where one was run."""


@dataclass(frozen=True, slots=True)
class HotStart:
    """The run beside its twin at a tenth of the rate, after the same few first steps, on the same items."""

    run_losses: Floats
    twin_losses: Floats
    initial_loss: float
    """Mean validation loss before the first step."""
    early_peak_ratio: float
    """Greatest training loss of the first 5 % of steps over the first step's."""
    update_ratio: float
    """Median of ||dW|| / ||W|| per step."""
    lowest_block_cka: float | None
    """Debiased linear CKA of the lowest thawed block, after warm-up against the base."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How much of what the base knew is still there."""

    retained: Estimate | None
    """rho = (acc_ft - acc_twin) / (acc_base - acc_twin) on a pseudo-task of the base's own clusters."""
    base_accuracy: float
    twin_accuracy: float
    tuned_accuracy: float
    cka: Mapping[str, float]
    """Debiased linear CKA of each block against the base."""
    displacement: Mapping[str, float]
    """||W_ft - W_base|| / ||W_base|| of each block."""
    n: int
    kinship: float | None = None
    """Mean cosine between its weights and the base's; about 0 where neither came from the other."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What the training of one adapted candidate showed beyond its predictions."""

    logs: tuple[TrainingLog, ...]
    """One per seed."""
    final_losses: Floats | None = None
    """Validation losses per item, mean over seeds, at the last step."""
    best_losses: Floats | None = None
    """The same at the evaluation with the smallest mean validation loss."""
    train_probabilities: Floats | None = None
    """(seeds, m, classes) on a sample of training items, evaluation mode, no augmentation."""
    train_labels: Floats | None = None
    hot_start: HotStart | None = None
    retention: Retention | None = None
    stranger: str | None = None
    """Of an assessed model: why it can hardly come from the base that the study names."""
    shipped: str = "median seed"
    """Which seed's weights, average or soup the candidate ships."""
    best_seed_shipped: bool = False


LAST_LAYER = "last-layer"
"""The frozen base with a new last layer, where the linear probe that is the reference reads other features, too."""
FIRST_BLOCKS = re.compile(r"first-(\d{1,3})")
"""The same where the blocks above so many are left out."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that takes part in the comparison: a reference or an adapted base.

    ``name`` is majority, non-transfer, scratch, linear-probe, last-layer, first-4 or the recipe's name; ``subject`` is what
    findings are about: the name for references, ``recipe@base`` for adapted ones.
    """

    name: str
    subject: str
    kind: Literal["reference", "adapted"]
    base: str | None
    seeds: tuple[int, ...]
    deterministic: bool
    """True where another seed gives the same model (convex problems)."""
    effort: Effort
    cost: Cost
    validation_probabilities: Floats
    """(seeds, n_validation, classes), never seen in training."""
    recipe: Recipe | None = None
    trace: Trace | None = None
    user: bool = False
    shippable: bool = True
    frozen: bool = False
    """A head on the frozen base that can ship: no weight of the base was trained."""
    undertrained: bool = False
    """A reference that was still improving when its budget ended."""
    averages: str | None = None
    """Subject of the candidate whose trainings' weights were averaged into this one model."""
    decided_early: str | None = None
    """Why training of a reference stopped early, where the rule for that applied."""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BaseScore:
    """One candidate base model, as ranked from its frozen features on cross-fitted training data.

    ``accuracy`` is the cross-fitted linear probe's. ``items`` are its per-item correctness in 0..1 (mean
    over repeats); all bases of a study, their random-initialised twins and the raw-feature reference
    are scored on the same items and folds.
    """

    base: str
    rank: int
    accuracy: Estimate
    log_loss: float
    knn_accuracy: float
    h_score: float
    best_block: str
    block_accuracies: Mapping[str, float]
    items: Floats
    twin_items: Floats | None
    """The same for the random-initialised twin; None where it was not measured."""
    deficit: Interval | None
    """Interval of (best candidate's accuracy - this one's)."""
    tied: bool
    """Not told apart from the best."""
    probability_best: float
    seconds_per_example: float
    chosen: bool = False
    notes: tuple[str, ...] = ()
    same_as: str | None = None
    """An earlier candidate with the very same files."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Times of single calls, preprocessing included, in milliseconds."""

    milliseconds: Floats
    machine: str
    threads: int
    load_average: float | None


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a run and what it took."""

    name: str
    seconds: float
    energy_wh: float | None = None
