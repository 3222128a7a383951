"""Vetting a base model whole: files, integrity, provenance, licences, card. Bad files are findings, never errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from touchstone.supply import card as cards
from touchstone.supply import documents as papers
from touchstone.supply import integrity as soundness
from touchstone.supply import manifest as manifests
from touchstone.supply import pins as pinning
from touchstone.supply import provenance as origins
from touchstone.supply import working_copy
from touchstone.supply.licences import lineage
from touchstone.supply.licences.evidence import Evidence, license_of_text
from touchstone.supply.licences.terms import terms
from touchstone.supply.manifest import Manifest
from touchstone.supply.outcome import Outcome
from touchstone.supply.trust import Trust
from touchstone.supply.vetted import Vetted
from touchstone.supply.vetting import vet_files

if TYPE_CHECKING:
    from touchstone.study.model import BaseModel, IntendedUse


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked about a model."""

    model: BaseModel
    use: IntendedUse
    home: Path
    trust: bool = False
    data_license: str | None = None


def vet(
    model: BaseModel,
    use: IntendedUse,
    home: Path,
    *,
    trust: bool = False,
    data_license: str | None = None,
    keep: bool = False,
) -> Vetted:
    """Everything about one base model that can be found out without running it.

    Parameters
    ----------
    home : state folder, where pins, keys and working copies live
    trust : accept what has moved since first use
    data_license : of the study's training data; None where no data are spoken of, empty where it is not stated
    keep : whether a working copy is made for loading code

    Raises
    ------
    ModelFilesError
        where there is no such model; a bad one is a finding
    """
    request = Request(model, use, home, trust, data_license)
    found = complete(vet_files(model, home, keep=keep), request)
    if found.copy is None or found.integrity is None or not found.integrity.left_out:
        return found
    return replace(found, copy=working_copy.without(found.copy, found.integrity.left_out, home))


def complete(vetted: Vetted, request: Request) -> Vetted:
    """Fill in everything beside the files: they have been read and hashed, and are not read again."""
    if vetted.files is None or vetted.path is None:
        return vetted
    model, trust, pins = request.model, Trust(request.home), pinning.Pins(request.home)
    manifest = manifests.of_report(vetted.files)
    vouchers = soundness.vouchers(vetted.path, manifest, trust, model.revision)
    sound = soundness.Integrity(manifest.root, len(manifest.files), vouchers, None)
    listed, stated = sound.stated
    model = replace(
        model, source=model.source or stated.source, publisher=model.publisher or stated.publisher,
        revision=model.revision or (stated.revision if model.source in (None, stated.source) else None),
    )  # fmt: skip
    request = replace(request, model=model)
    documents = documents_of(vetted)
    card = cards.filled(cards.parse(documents, license_of_text(documents)), listed, stated)
    found = terms(
        documents, card, request.use, _known(pins), written=vetted.written,
        declared=model.license, listed=(listed, stated.license), data_license=request.data_license,
    )  # fmt: skip
    integrity = _integrity(vetted, request, manifest, sound, pins, found.evidence, card)
    provenance = origins.trace(model, request.use.use, trust, integrity, found.evidence.has_text)
    vetted = replace(vetted, source=vetted.source or stated.source, publisher=model.publisher, revision=model.revision)
    return replace(vetted, manifest=manifest, integrity=integrity, provenance=provenance, licences=found, card=card)


def _integrity(
    vetted: Vetted, request: Request, manifest: Manifest, sound: soundness.Integrity, pins: pinning.Pins,
    evidence: Evidence, card: cards.Card,
) -> soundness.Integrity:  # fmt: skip
    assert vetted.path is not None and vetted.files is not None, "there are files"
    model, vouchers = request.model, sound.vouchers
    found = evidence.expression if evidence.kind in ("text", "card") else None
    facts = pinning.Facts(
        model.repository or model.source,
        model.revision,
        model.publisher,
        found,
        sound.signer,
        card.base_models,
        model.license,
    )
    place = model.repository or str(vetted.path.absolute())
    keys = pinning.keys_of(place, vetted.path.name, facts)
    if vetted.files.outcome is Outcome.REFUSE or sound.failed:
        # What is refused is not vouched for by having been here; what was pinned before is still held against.
        return replace(sound, pinned=_compared(pins, keys, manifest, facts, vouchers))
    today = datetime.now(UTC).date().isoformat()
    aside = tuple(voucher.file for voucher in vouchers if voucher.state == "holds")
    return replace(
        sound, pinned=pinning.hold(pins, keys, manifest, facts, today=today, trust=request.trust, aside=aside)
    )


def _compared(
    pins: pinning.Pins,
    keys: Sequence[str],
    manifest: Manifest,
    facts: pinning.Facts,
    vouchers: Sequence[soundness.Voucher],
) -> pinning.Pinned | None:
    found, _ = pinning.compare(pins, keys, manifest, facts, [voucher.file for voucher in vouchers])
    return found if found.state == "moved" else None


def _known(pins: pinning.Pins) -> lineage.Known:
    def known(name: str) -> tuple[str | None, Sequence[str]] | None:
        pin = pins.of_source(name)
        return None if pin is None else (pin.facts.license or pin.facts.declared, pin.facts.base_models)

    return known


def documents_of(vetted: Vetted) -> papers.Documents:
    """The papers of a model, read from the files that were accepted: a paper that was refused is not read."""
    if vetted.files is None or vetted.path is None:
        return papers.Documents({})
    accepted = {file.name for file in vetted.files.files if file.outcome is Outcome.ACCEPT}
    manifest = manifests.of_report(vetted.files)
    return papers.read(vetted.path, Manifest(tuple(entry for entry in manifest.files if entry.name in accepted)))
