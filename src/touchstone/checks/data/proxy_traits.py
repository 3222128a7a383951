"""Give-aways among the properties that one value an example tells: sizes, formats, borders, columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from touchstone.checks.data.proxy import Proxy, Seen
from touchstone.checks.words import percent, quoted
from touchstone.core.finding import Severity
from touchstone.core.interval import Interval
from touchstone.dataset.trivial import Kind, Trivial
from touchstone.evaluate.give_away import GiveAway, null_of_the_best
from touchstone.stats.decide import ALPHA
from touchstone.stats.intervals import clopper_pearson, lower_bound
from touchstone.stats.permutation import p_value

_WHY: Mapping[Kind, str] = {
    "artefact": "the example itself shows nothing of the kind, so a model may learn this instead of the task.",
    "measure": "so much from a mere size suggests how the data were collected, not what they show.",
    "content": "one column that is right almost always is often filled in after the event.",
}
_WRITTEN = ("capitals and punctuation", "last sign")


def telling_traits(
    seen: Seen, tried: Sequence[tuple[Trivial, GiveAway]], ceiling: float | None, seed: int
) -> list[Proxy]:
    """Those of the tried properties that tell all classes, one class, or groups of classes.

    Parameters
    ----------
    ceiling : balanced accuracy of a probe of the content; None where there is none
    """
    if not tried:
        return []
    null = null_of_the_best([made for _, made in tried], seen.examples.labels, len(seen.classes), seed=seed)
    beyond_chance = [pair for pair in tried if p_value(null, pair[1].balanced_accuracy) <= ALPHA[Severity.MAJOR]]
    found = (_whole(seen, *pair, ceiling) or _one_class(seen, *pair) or _groups(seen, *pair) for pair in beyond_chance)
    return [proxy for proxy in found if proxy is not None]


def _whole(seen: Seen, one: Trivial, made: GiveAway, ceiling: float | None) -> Proxy | None:
    """A property that tells the classes as a whole."""
    chance = 1 / len(seen.classes)
    n, right = int(made.counts.sum()), made.balanced_accuracy
    least = made.counts[made.counts > 0].min()
    spread = 3.3 * float(np.sqrt(right * (1 - right) / n)) * float(np.sqrt(n * chance / max(least, 1)))
    top = max(ceiling if ceiling is not None else 1.0, 0.5 * (1 + chance))
    if one.kind == "content":
        bound, spread_of_doubt = seen.limits["content"], 0.0
    else:
        bound, spread_of_doubt = chance + seen.limits[f"{one.kind}_of_probe"] * (top - chance), spread
    if right < bound or right - spread_of_doubt <= chance + 0.5 * (bound - chance):
        return None
    beside = f"; a probe of the content reaches {percent(ceiling)}" if ceiling is not None else ""
    return Proxy(
        one.name, f"{_capital(one.name)} alone {_verb(one.name, 'name')} {percent(right)} of each class (guessing: {percent(chance)}{beside}): {_why(one)}",
        right, Interval(max(0.0, right - 0.6 * spread), min(1.0, right + 0.6 * spread)), bound,
        seen.shown(made.predictions == seen.examples.labels),
    )  # fmt: skip


def _one_class(seen: Seen, one: Trivial, made: GiveAway) -> Proxy | None:
    """A property that tells one class from the rest."""
    if one.kind == "content":
        return None
    precision, recall = seen.limits[f"{one.kind}_precision"], seen.limits[f"{one.kind}_recall"]
    alpha = ALPHA[Severity.MAJOR] / len(seen.classes)
    shares = made.counts / made.counts.sum()
    for k in np.argsort(-np.minimum(made.precision, made.recall), kind="stable"):
        hits, named = int(made.hits[k]), int(made.named[k])
        proven = lower_bound(hits, named, alpha) if named else 0.0
        sure = made.precision[k] >= precision and proven >= max(precision - 0.2, (1 + 2 * shares[k]) / 3)
        if made.recall[k] >= recall and sure and shares[k] <= 0.7:
            return Proxy(
                one.name,
                f"{_capital(one.name)} alone {_verb(one.name, 'tell')} `{seen.classes[k]}`: of the examples marked by it {percent(made.precision[k])} are of "
                f"this class, {percent(made.recall[k])} of the class in all. {_capital(_why(one))}",
                float(made.precision[k]), clopper_pearson(hits, named), precision,
                seen.shown((made.predictions == k) & (seen.examples.labels == k)),
            )  # fmt: skip
    return None


def _groups(seen: Seen, one: Trivial, made: GiveAway) -> Proxy | None:
    """A property that halves the classes: JPEG quality 60 for two of them, 90 for the others."""
    if one.kind != "artefact":
        return None
    classes, labels, limit = seen.classes, seen.examples.labels, seen.limits["group_share"]
    named = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(named, (labels, made.predictions), 1)
    there = made.counts >= seen.limits["least"]
    side = named.argmax(axis=1)
    sides = [list(np.flatnonzero(there & (side == name))) for name in np.unique(side[there])]
    shares = (named[np.arange(len(classes)), side] / np.maximum(made.counts, 1))[there]
    if len(sides) < 2 or there.sum() < (made.counts > 0).sum() or shares.min() < limit:
        return None
    said = " from ".join(quoted([classes[k] for k in group], 4) for group in sides[:4])
    right = side[labels] == made.predictions
    return Proxy(
        one.name,
        f"{_capital(one.name)} alone {_verb(one.name, 'tell')} {said} in {percent(float(shares.mean()))} of each class. {_capital(_why(one))}",
        float(shares.mean()), clopper_pearson(int(right.sum()), len(right)), limit, seen.shown(right),
    )  # fmt: skip


def _why(one: Trivial) -> str:
    if one.name in _WRITTEN:
        return "so much from the way the texts are typed suggests how they were collected, not what they say."
    return _WHY[one.kind]


def _verb(name: str, verb: str) -> str:
    """The verb in the number of what a property is called."""
    several = " and " in name or name.endswith("tags") or name.startswith("which cells")
    return verb if several and not name.startswith("column ") else f"{verb}s"


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]
