"""The terms of one base model and of the study's data for one use: evidence, decision, and what is still owed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from touchstone.supply.card import Card
from touchstone.supply.documents import Documents
from touchstone.supply.licences import lineage
from touchstone.supply.licences.decision import decide, profile_of, rule
from touchstone.supply.licences.evidence import Evidence, against_its_card, gather
from touchstone.supply.licences.model import Component, Decision, Ruling
from touchstone.supply.licences.table import table

if TYPE_CHECKING:
    from touchstone.study.model import IntendedUse

_VISION = ("image", "pixel", "vision", "patch_size", "num_channels")
_TEXT = ("vocab_size", "text_config", "max_position_embeddings")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a model may be used for."""

    evidence: Evidence
    decision: Decision
    data: Ruling | None
    """The study's own training data; None where no data are spoken of (``vet``)."""
    gaps: tuple[str, ...]
    """What is missing though it forbids nothing, such as the licence's text beside a tag."""

    @property
    def license(self) -> str | None:
        """The licence that the base model itself comes under."""
        return self.evidence.expression


def terms(
    documents: Documents,
    card: Card,
    use: IntendedUse,
    known: lineage.Known,
    *,
    written: str,
    declared: str | None = None,
    listed: tuple[str, str | None] = ("", None),
    data_license: str | None = None,
) -> Terms:
    """Compose the base, its ancestors, what it was trained on, and the study's data.

    Parameters
    ----------
    known : licence and base models of a model that was vetted here before
    listed : the file that lists the model's files, and the licence that it names
    data_license : of the study's training data; None where there are no data, empty where the study does not say
    """
    profile = profile_of(use, _modality(documents.config))
    evidence = against_its_card(gather(documents, card, declared, listed), documents, profile.use)
    base = Component("base", written, evidence.expression, evidence.kind, evidence.doubt)
    components = [base, *lineage.ancestors(card.base_models, known), *_base_data(card)]
    data = None
    if data_license is not None:
        doubt = "" if data_license.strip() else "the study does not say under which licence its data are (data.license)"
        data = rule(Component("train_data", "data", data_license.strip() or None, "study", doubt), profile)
    return Terms(evidence, decide(components, profile), data, tuple(_gaps(evidence, documents)))


def _base_data(card: Card) -> Sequence[Component]:
    """Data sets with known terms that the card names as training data."""
    told = " ; ".join((*card.datasets, card["training_data"].value))
    return [
        Component("base_data", one.name, one.license, "card", "" if one.license else one.text)
        for one in table().data
        if one.pattern.search(told)
    ]


def _modality(config: str | None) -> frozenset[str] | None:
    """What kinds of input a configuration speaks of; None where it does not tell."""
    try:
        keys = json.loads(config or "{}")
    except (ValueError, RecursionError):
        return None
    if not isinstance(keys, dict) or not keys:
        return None
    names = " ".join(map(str, keys))
    found = {kind for kind, words in (("image", _VISION), ("text", _TEXT)) if any(word in names for word in words)}
    return frozenset(found) or None


def _gaps(evidence: Evidence, documents: Documents) -> Sequence[str]:
    gaps = []
    if evidence.expression and not evidence.has_text:
        gaps.append("licence text missing: only its name is there")
    known = table().find(evidence.expression or "")
    if known is not None and known.id == "Apache-2.0" and evidence.has_text and documents.notice is None:
        gaps.append("no NOTICE file, so there is none to pass on")
    return gaps
