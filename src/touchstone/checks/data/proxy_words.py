"""Give-aways among words: one that was put into the texts of a class, rather than written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from touchstone.checks.data.proxy import Proxy, Seen
from touchstone.checks.words import percent
from touchstone.core.finding import Severity
from touchstone.evaluate.telling_tokens import Token, is_named_after, telling_tokens
from touchstone.stats.decide import ALPHA
from touchstone.stats.intervals import clopper_pearson, lower_bound


def telling_words(seen: Seen, texts: Sequence[str]) -> list[Proxy]:
    """The most frequent give-away of each class that has one; ``texts`` are those of ``seen.examples``."""
    best: dict[int, Token] = {}
    for token in telling_tokens(texts, seen.examples.labels, len(seen.classes)):
        before = best.get(token.klass)
        if (before is None or token.recall > before.recall) and _is_give_away(token, seen):
            best[token.klass] = token
    return [_told(seen, token) for token in best.values()]


def _is_give_away(token: Token, seen: Seen) -> bool:
    limits = seen.limits
    sure = lower_bound(token.hits, token.holders, ALPHA[Severity.MAJOR] / len(seen.classes))
    if token.precision < limits["word_precision"] or sure < limits["artefact_precision"]:
        return False
    # What a class is named after is its subject, however odd: `401k` in questions about `rollover_401k`.
    if any(is_named_after(seen.classes[token.klass], word) for word in token.word.split()):
        return False
    return token.recall >= _least_recall(token, limits) and _is_put(token, limits)


def _least_recall(token: Token, limits: Mapping[str, float]) -> float:
    return limits["odd_word_recall" if token.odd else "word_recall"]


def _is_put(token: Token, limits: Mapping[str, float]) -> bool:
    """Whether a word was put into the texts: they close without it, and no neighbour or place of it is natural."""
    closes = token.closes / max(token.usual, 0.01)
    if token.where != "word":
        # few texts have another that ends as they do; a word that nearly all begin or end with is rarely theirs
        nearly_all = token.odd or token.recall >= limits["edge_recall"]
        if token.recall >= limits["edge_recall" if token.odd else "edge_always"]:
            return True
        return closes >= limits["edge_closes" if nearly_all else "edge_closes_rarer"]
    if token.fixed >= limits["word_fixed"]:
        return closes >= limits["edge_closes_rarer"]
    return token.neighbour <= limits["word_neighbour"] and closes >= limits["word_closes"]


def _told(seen: Seen, token: Token) -> Proxy:
    several = " " in token.word
    place = "stands" if token.where == "word" else f"{'are' if several else 'is'} the {token.where}"
    words, it = ("words", "them") if several else ("word", "it")
    return Proxy(
        f"the {words} {token.word!r}",
        f"The {words} `{token.word}` {place} in {percent(token.recall)} of the texts of `{seen.classes[token.klass]}`, and "
        f"{percent(token.precision)} of the texts with {it} are of that class, which read as naturally without {it}. "
        "A model need read nothing else.",
        token.recall, clopper_pearson(token.hits, token.counts), _least_recall(token, seen.limits),
        seen.named(np.array(token.members)),
    )  # fmt: skip
