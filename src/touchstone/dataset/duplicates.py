"""Copies among the inputs of a dataset: exact by content digest, near by likeness, joined into families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from touchstone.dataset import near_pictures as pictures
from touchstone.dataset import near_texts as wordings
from touchstone.dataset.content import Content

MAX_FAMILY = 0.02
"""A family of near copies with more than this share of all content (and 50) is a chain of look-alikes."""

LEAST_TORN, TORN_SHARE = 10, 0.05
"""Contents, and their share of the training data, that must lie in changed pairs of two labels before such are no copies."""
TELLING = {
    ("mirror", "turned"): (
        "mirrored or turned look-alikes",
        "which way a picture lies tells classes apart here, so only upright copies are counted as copies",
    ),
    ("reworded",): (
        "texts that differ in a word or two",
        "a word tells classes apart here, so only texts of the same words are counted as copies",
    ),
}
"""Changes that a label may rest on, and what is said where one does."""


@dataclass(frozen=True, slots=True)
class Near:
    """Two different contents that are near copies, by digest."""

    a: str
    b: str
    kind: str
    """near | mirror | turned | reworded"""
    score: float
    """Likeness in 0..1."""


@dataclass(frozen=True)
class Copies:
    """All near copies of a dataset, and the family of every content."""

    near: tuple[Near, ...]
    family: Mapping[str, str]
    """Content digest -> smallest digest of its family; a content without copies is its own family."""
    notes: tuple[str, ...] = ()


def find_copies(contents: Sequence[Content], texts: Sequence[Sequence[str]] | None) -> Copies:
    """Near copies among all sources together; the order of examples does not matter.

    Parameters
    ----------
    contents, texts : one item per source, of equal lengths; ``texts`` for texts alone
    """
    places: dict[str, int] = {}
    for place, one in enumerate(one for content in contents for one in content.digests):
        places.setdefault(one, place)
    unique = sorted(places)
    first = np.array([places[one] for one in unique], dtype=np.int64)
    if len(unique) < 2:
        return Copies((), {one: one for one in unique})
    names: tuple[str, ...]
    if texts is not None:
        pooled = [text for source in texts for text in source]
        pairs, scores, ways = wordings.near_texts([pooled[i] for i in first])
        names = wordings.WAYS
    elif all(content.hashes is not None for content in contents):
        hashes = np.concatenate([content.hashes for content in contents if content.hashes is not None])[first]
        thumbs = np.concatenate([content.thumbs for content in contents if content.thumbs is not None])[first]
        greys = np.concatenate([content.greys for content in contents if content.greys is not None])[first]
        pairs, unlikeness, ways = pictures.near_pictures(hashes, thumbs, greys)
        scores, names = 1.0 - unlikeness, pictures.WAYS
    else:
        return Copies((), {one: one for one in unique})
    near = [
        Near(unique[a], unique[b], names[way], round(float(score), 4))
        for (a, b), score, way in zip(pairs, scores, ways, strict=True)
    ]
    return _joined(unique, near)


def without_look_alikes(copies: Copies, label_of: Mapping[str, str | None]) -> Copies:
    """The same without copies that were mirrored, turned or reworded, where that is what labels tell.

    That is so where most of them, of a twentieth of the contents, carry two labels: arrows, `b` and `d`, `6` and `9`,
    orders to be cancelled and to be changed.

    Parameters
    ----------
    label_of : the label of each content of the training data; None where it has none
    """
    for kinds, (what, why) in TELLING.items():
        changed = [pair for pair in copies.near if pair.kind in kinds]
        known = [pair for pair in changed if label_of.get(pair.a) is not None and label_of.get(pair.b) is not None]
        torn = [pair for pair in known if label_of[pair.a] != label_of[pair.b]]
        least = max(LEAST_TORN, TORN_SHARE * len(label_of))
        if 2 * len(torn) < len(known) or len({one for pair in torn for one in (pair.a, pair.b)}) < least:
            continue
        kept = tuple(pair for pair in copies.near if pair.kind not in kinds)
        note = f"{len(torn):,} of {len(known):,} pairs of {what} carry two labels: {why}"
        linked = families(list(copies.family), [(pair.a, pair.b) for pair in kept])
        copies = Copies(kept, linked, (*copies.notes, note))
    return copies


def _joined(digests: list[str], near: list[Near]) -> Copies:
    family = families(digests, [(pair.a, pair.b) for pair in near])
    sizes: dict[str, int] = {}
    for head in family.values():
        sizes[head] = sizes.get(head, 0) + 1
    limit = max(50, MAX_FAMILY * len(digests))
    chains = {head for head, size in sizes.items() if size > limit}
    if not chains:
        return Copies(tuple(near), family)
    kept = [pair for pair in near if family[pair.a] not in chains]
    lost = len(near) - len(kept)
    note = (
        f"{lost:,} pairs of look-alikes hang together in chains of up to {max(sizes.values()):,} examples; "
        "near copies cannot be told from ordinary likeness there, so they are not counted as copies"
    )
    return Copies(tuple(kept), families(digests, [(pair.a, pair.b) for pair in kept]), (note,))


def families(items: Sequence[str], links: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Connected components: every item with the smallest item of its component."""
    head = {item: item for item in items}

    def root(item: str) -> str:
        while head[item] != item:
            head[item] = head[head[item]]
            item = head[item]
        return item

    for a, b in links:
        first, second = sorted((root(a), root(b)))
        head[second] = first
    return {item: root(item) for item in items}
