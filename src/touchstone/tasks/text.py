"""Texts: normal form, content digest, and small changes that keep the label."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np

from touchstone.dataset.wording import digest, fault, normal_form

__all__ = ["AUGMENTATIONS", "AUTO", "augment", "chosen", "digest", "fault", "normal_form"]

Change = Callable[[str, np.random.Generator], str]
AUTO = ("drop",)
"""What ``auto`` stands for: few changes of wording are safe for every task, so it is a mild one."""
_SHARE = 0.1
"""Share of words or characters that a change touches."""


def chosen(names: Sequence[str] | Literal["none", "auto"]) -> tuple[str, ...]:
    """The augmentations that a recipe's setting stands for.

    >>> chosen("none"), chosen("auto")
    ((), ('drop',))
    """
    if isinstance(names, str):
        return {"none": (), "auto": AUTO}[names]
    return tuple(names)


def augment(text: str, names: Sequence[str] | Literal["none", "auto"], rng: np.random.Generator) -> str:
    """A changed copy of a text, never empty; the same generator state gives the same text.

    Parameters
    ----------
    text : any text
    names : of :data:`AUGMENTATIONS`, applied in their order; or ``none`` or ``auto``
    rng : the only source of chance

    References
    ----------
    Wei, Zou (EMNLP 2019) for swapping and dropping words.
    """
    for name in chosen(names):
        changed = AUGMENTATIONS[name](text, rng)
        text = changed if changed.strip() else text
    return text


def _swap(text: str, rng: np.random.Generator) -> str:
    """Swap neighbouring words, about one pair in ten."""
    words = text.split()
    for i in np.flatnonzero(rng.random(max(len(words) - 1, 0)) < _SHARE):
        words[i], words[i + 1] = words[i + 1], words[i]
    return " ".join(words)


def _drop(text: str, rng: np.random.Generator) -> str:
    """Drop about one word in ten, from texts of at least five words."""
    words = text.split()
    if len(words) < 5:
        return text
    kept = rng.random(len(words)) >= _SHARE
    return " ".join(word for word, keep in zip(words, kept, strict=True) if keep)


def _typo(text: str, rng: np.random.Generator) -> str:
    """In about one word in ten, swap two neighbouring letters within the word."""
    words = text.split(" ")
    for i in np.flatnonzero(rng.random(len(words)) < _SHARE):
        word = words[i]
        if len(word) > 3:
            at = int(rng.integers(1, len(word) - 2))
            words[i] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def _case(text: str, rng: np.random.Generator) -> str:
    """Lower case, upper case or as it is, at 30, 10 and 60 %."""
    draw = rng.random()
    return text.lower() if draw < 0.3 else text.upper() if draw < 0.4 else text


def _punctuation(text: str, rng: np.random.Generator) -> str:
    """Without its punctuation, half of the time."""
    if rng.random() < 0.5:
        return text
    return "".join(c for c in text if c.isalnum() or c.isspace() or c in "'-@#_")


AUGMENTATIONS: Mapping[str, Change] = {
    "swap": _swap, "drop": _drop, "typo": _typo, "case": _case, "punctuation": _punctuation,
}  # fmt: skip
