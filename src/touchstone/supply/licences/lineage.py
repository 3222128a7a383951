"""What a model came from, as far as it is known here: its card's ``base_model``, and theirs, through the pins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from touchstone.supply.licences.model import Component

DEEPEST = 32
Known = Callable[[str], "tuple[str | None, Sequence[str]] | None"]
"""From a model's name to its licence and its own base models; None for a model that was never vetted here."""


def ancestors(base_models: Sequence[str], known: Known) -> Iterator[Component]:
    """Every ancestor once, near ones first; one that was never seen here has unknown terms.

    A card names its base without its licence, and a family name says nothing about terms, so an ancestor's licence
    counts only where that ancestor was vetted here itself.
    """
    seen: set[str] = set()
    level = list(base_models)
    for _ in range(DEEPEST):
        following: list[str] = []
        for name in level:
            key = name.strip().casefold()
            if key in seen:
                continue
            seen.add(key)
            found = known(name)
            if found is None:
                doubt = f"{name} was not vetted here, so its terms are not known"
                yield Component("ancestor", name, None, "", doubt)
                continue
            license, its_bases = found
            yield Component("ancestor", name, license, "pin")
            following += its_bases
        if not following:
            return
        level = following
    yield Component("ancestor", "further ancestors", None, "", f"the line of ancestors is longer than {DEEPEST}")
