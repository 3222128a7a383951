"""Which fine-tuning rungs there are for a base, and when climbing stops paying.

Sources: LP-FT (Kumar et al., ICLR 2022); depth by probing blocks and climbing by a bound on the gain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from touchstone.core.recipe import Lora, Recipe
from touchstone.stats.claims import Claim

WORTH = 0.005
"""Half a point: a rung that cannot gain this much is not climbed."""
SURELY = 0.05
"""One-sided level of the bounds on a rung's gains."""
LEAD = 0.05
"""By so much the frozen probe must be ahead of plain features for the base to count as fitting."""
FEW_PER_CLASS = 20
"""Below this many training examples a class, one block at most is thawed."""
DEEPER = 1.5
"""The second rung must thaw so many times the blocks of the first; else it would be the same again."""
LEAST_SHARE = 0.5
"""A deeper rung, which moves its weights more slowly, trains for this share of its horizon at least."""
LORA_FROM_PARAMETERS = 50_000_000


@dataclass(frozen=True, slots=True)
class Shape:
    """What the ladder needs to know of a base and the data."""

    blocks: tuple[str, ...]
    """Bottom to top."""
    is_text: bool
    n_parameters: int
    smallest_class: int
    """Training examples of the rarest class."""
    work_share: Mapping[str, float]
    """Share of the forward work that lies in each block and below it, 0..1."""


def first_depth(shape: Shape, block_accuracies: Mapping[str, float], standard_error: float) -> int:
    """How many top blocks the first rung thaws: those above the shallowest block as good as the best, at most half.

    ``block_accuracies`` are cross-fitted probe accuracies by block, ``standard_error`` that of the best.
    """
    known = [block_accuracies[name] for name in shape.blocks if name in block_accuracies]
    if not known:
        return 1
    good = max(known) - standard_error
    shallowest = next(i for i, name in enumerate(shape.blocks) if block_accuracies.get(name, -1.0) >= good)
    above = len(shape.blocks) - 1 - shallowest
    return max(1, min(above or 1, len(shape.blocks) // 2))


def rungs(shape: Shape, block_accuracies: Mapping[str, float], standard_error: float) -> tuple[Recipe, ...]:
    """The recipes of the ladder, cheapest first."""
    if shape.smallest_class < FEW_PER_CLASS:
        return (Recipe("top-1", layers=1),)
    first = max(first_depth(shape, block_accuracies, standard_error), _depth_with(shape, 0.15))
    half = max(_depth_with(shape, 0.5), first + 1)
    ladder = [Recipe(f"top-{first}", layers=first)]
    if DEEPER * first <= half < len(shape.blocks):
        ladder.append(Recipe(f"top-{half}-gradual", layers=half, gradual=True, layer_decay=0.8))
    ladder.append(Recipe("full", layers="all", layer_decay=0.9 if shape.is_text else 0.7))
    if shape.is_text and shape.n_parameters > LORA_FROM_PARAMETERS:
        ladder.append(Recipe("lora", layers="all", lora=Lora()))
    return tuple(ladder)


def _depth_with(shape: Shape, share: float) -> int:
    """The fewest top blocks that hold at least ``share`` of the forward work."""
    for depth in range(1, len(shape.blocks)):
        if 1 - shape.work_share[shape.blocks[-depth - 1]] >= share:
            return depth
    return len(shape.blocks)


def ends(gain: Claim, loss_gain: Claim, lead: float) -> str | None:
    """Why no deeper rung is worth its cost after one with these gains over the best below it; None where one may be.

    Parameters
    ----------
    gain, loss_gain : in accuracy, and in log-loss (nats), on examples that neither was trained on
    lead : accuracy of the frozen probe less that of plain features without a base. A base that leads sees these data
        well; where thawing more of its top brought nothing that shows, the blocks below seldom do. Without a lead the
        lower blocks may be what does not fit (Lee et al., ICLR 2023), and climbing goes on
    """
    if gain.upper(SURELY) < WORTH:
        return "the rung below could not have gained half a point"
    if lead >= LEAD and not gained(gain, loss_gain):
        return "the rung below gained neither accuracy nor log-loss beyond noise"
    return None


def gained(gain: Claim, loss_gain: Claim) -> bool:
    """Whether a rung shows more than noise over what stood below it: in accuracy, or in log-loss (nats)."""
    return gain.value >= max(WORTH, gain.item_error) or loss_gain.lower(SURELY) > 0


def later_epochs(share: float, horizon: int) -> int:
    """Epochs of a deeper rung: the share of its horizon that cross-fitting chose for the first rung, half at least.

    Cross-fitting costs as much as the training itself; how soon these data are memorised is told once.
    """
    return max(1, round(max(share, LEAST_SHARE) * horizon))


def plain_bill(is_text: bool) -> int:
    """Epochs of plain full fine-tuning that the whole run is held against."""
    return 5 if is_text else 10


def choose(scores: Sequence[float], losses: Sequence[float]) -> int:
    """The candidate to ship, from accuracy and log-loss on unseen examples; the first is the frozen probe.

    A candidate must gain half a point of accuracy, or a tenth of the probe's log-loss without losing accuracy;
    among those the best accuracy wins, the log-loss decides ties.
    """
    earns = [
        i
        for i in range(1, len(scores))
        if scores[i] >= scores[0] + WORTH or (scores[i] >= scores[0] and losses[i] <= 0.9 * losses[0])
    ]
    return max(earns, key=lambda i: (round(scores[i], 4), -losses[i]), default=0)
