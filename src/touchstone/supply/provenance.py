"""Who published a model, and how far that can be shown: the levels T0 (bytes alone) to T3 (signed)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from touchstone.supply.integrity import Integrity
from touchstone.supply.pins import Alarm, is_immutable
from touchstone.supply.trust import Trust

if TYPE_CHECKING:
    from touchstone.study.model import BaseModel

_OWNER = re.compile(
    r"(?:https?://(?:www\.)?(?:github\.com|gitlab\.com|huggingface\.co|hf\.co)/)?(?P<owner>[\w.-]+)/[\w.-]+/?"
)


class Level(StrEnum):
    """How much of a model's origin is shown; a larger one includes the smaller."""

    BYTES = "T0"
    """A manifest of the bytes, no more."""
    PINNED = "T1"
    """Source and immutable revision, and the bytes kept from first use."""
    PUBLISHER = "T2"
    """Also a publisher on the list of trusted ones, and the licence's text."""
    SIGNED = "T3"
    """Also a signature by a trusted key or identity over all files that reach the working copy."""


WANTED = {
    "research": Level.PINNED,
    "internal": Level.PINNED,
    "commercial": Level.PUBLISHER,
    "redistribution": Level.PUBLISHER,
}
"""What is advised by use; it is said, and weighs as a policy lets it."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What is known of a model's origin."""

    level: Level
    wanted: Level
    source: str | None
    revision: str | None
    is_pinned: bool
    """Whether the revision is immutable."""
    publisher: str | None
    publisher_from: str
    """``stated``, ``source`` (the owner of the repository) or empty."""
    is_local: bool
    signer: str | None
    alarms: tuple[Alarm, ...]
    """Publisher or source that changed since first use."""


def trace(model: BaseModel, use: str, trust: Trust, integrity: Integrity | None, has_license_text: bool) -> Provenance:
    """Put together what is stated about a model's origin and what can be shown."""
    source = model.repository or model.source
    publisher, said = _publisher(model.publisher, source)
    pinned = integrity.pinned if integrity else None
    alarms = pinned.of("publisher", "source") if pinned and pinned.state == "moved" else ()
    level = Level.BYTES
    sound = integrity is not None and not integrity.failed and pinned is not None and pinned.state != "moved"
    if source and is_immutable(model.revision) and sound:
        level = Level.PINNED
        if trust.is_trusted_publisher(publisher) and has_license_text:
            level = Level.PUBLISHER
        if integrity is not None and integrity.signer:
            level = Level.SIGNED
    return Provenance(
        level, WANTED[use], source, model.revision, is_immutable(model.revision), publisher, said,
        model.repository is None, (integrity.signer or None) if integrity else None, alarms,
    )  # fmt: skip


def _publisher(stated: str | None, source: str | None) -> tuple[str | None, str]:
    if stated:
        return stated, "stated"
    match = _OWNER.fullmatch(source.strip()) if source else None
    return (match["owner"], "source") if match else (None, "")
