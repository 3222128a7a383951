"""How numbers read in findings: for a person who does not train models."""

from __future__ import annotations

from collections.abc import Sequence

_THINGS = {
    "image-classification": ("image", "images"),
    "text-classification": ("text", "texts"),
    "tabular-classification": ("row", "rows"),
}


def things(task: str, n: int = 2) -> str:
    """What an example of the task is called, in the number that fits ``n``."""
    one, many = _THINGS.get(task, ("example", "examples"))
    return one if n == 1 else many


def counted(n: int, task: str) -> str:
    """A count with its noun: ``1,200 images``."""
    return f"{n:,} {things(task, n)}"


def plural(n: int, one: str, many: str | None = None) -> str:
    """A count with any noun: ``1 class``, ``3 classes``."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """A share as a percentage; small ones keep two digits, and only a true whole reads 0 % or 100 %."""
    value = 100 * share
    if 0 < value < 0.1:
        return "less than 0.1 %"
    if 99.9 < value < 100:
        return "more than 99.9 %"
    digits = 0 if value in (0, 100) else 1
    return f"{value:.{digits}f} %"


def points(difference: float, sign: bool = False) -> str:
    """A difference of two shares, in points: ``4.2 points``."""
    value = 100 * difference
    shown = f"{value:+z.1f}" if sign else f"{value:z.1f}"
    return f"{shown} {'point' if shown.lstrip('+-') == '1.0' else 'points'}"


def between(low: float, high: float) -> str:
    """An interval in points: ``between -1.2 and 4.0 points``."""
    return f"between {100 * low:z.1f} and {100 * high:z.1f} points"


def named(metric: str) -> str:
    """A metric as people write it: ``macro F1``, ``balanced accuracy``."""
    special = {
        "macro_f1": "macro F1",
        "weighted_f1": "weighted F1",
        "mcc": "Matthews correlation",
        "roc_auc": "ROC-AUC",
        "pr_auc": "PR-AUC",
    }
    return special.get(metric, metric.replace("_", " "))


def quoted(names: Sequence[str], most: int = 5) -> str:
    """A few names from the data, each marked as one: a class may be called ``no`` or ``other``."""
    return listed([f"`{name}`" for name in names], most)


def listed(names: Sequence[str], most: int = 5) -> str:
    """A few names, and how many more there are."""
    shown = list(names[:most])
    rest = len(names) - len(shown)
    if rest:
        shown.append(f"{rest:,} more")
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1]
