"""Check ``supply.integrity``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.supply.subjects import NOT_AT_HAND, bases
from touchstone.checks.words import plural
from touchstone.core.finding import Finding, Status
from touchstone.supply import integrity
from touchstone.supply.integrity import Voucher
from touchstone.supply.pins import Alarm
from touchstone.supply.vetted import Vetted

_SHOWN = 3
_LISTED = 1000
_OF_BYTES = ("changed", "missing", "extra", "renamed", "revision", "signer")


class Integrity(Check):
    """Are these the bytes that were vouched for?

    **Question.** Has a file of the base model changed, come or gone since somebody vouched for it?

    **Method.** Every file is hashed once (SHA-256) and listed; the root digest is taken over the canonical list.
    What lies in or beside the model and vouches for it is verified: `manifest.json`, `SHA256SUMS`, an OpenSSF Model
    Signing v1.0 signature (`model.sig`) against the keys and roots under `keys/` of the state folder; a keyless one of
    Sigstore's, by the extra `sigstore` and offline, against the identities in its `identities.txt`. Without any of
    them the model is trusted on first use: its manifest, revision and signer are pinned, and the next use must
    find the same. A changed byte, a missing, extra or renamed file, a moved revision or a wrong signature fails. A
    signature by a key or identity that is not known here is inconclusive, and so is a keyless one without the extra.

    **Source.** OpenSSF Model Signing 1.0, in-toto Statement v1, DSSE, Sigstore bundle 0.3; trust on first use as in SSH.

    **Cannot see.** Whether the bytes were good when they were first seen or signed.
    """

    id: ClassVar[str] = "supply.integrity"
    thresholds: ClassVar[Mapping[str, float]] = {"files that differ": 0}
    needs: ClassVar[frozenset[Need]] = frozenset({Need.MODELS})

    def run(self, context: Context) -> Iterator[Finding]:
        for vetted in bases(context):
            yield self._judged(vetted)

    def _judged(self, vetted: Vetted) -> Finding:
        found = vetted.integrity
        if found is None:
            return self.finding(vetted.written, Status.INCONCLUSIVE, NOT_AT_HAND, remedy="give a folder that is there")
        details = _details(vetted, found)
        alarms = found.pinned.of(*_OF_BYTES) if found.pinned and found.pinned.state == "moved" else ()
        if found.failed or alarms:
            return self._failed(vetted, found, alarms, details)
        numbers: dict[str, Any] = {"value": 0.0, "threshold": 0.0, "n": found.n_files}
        if found.undecided:
            voucher = found.undecided[0]
            return self.finding(
                vetted.written, Status.INCONCLUSIVE,
                f"The file {voucher.file} signs these bytes, but {voucher.reason}.",
                remedy=voucher.mend,
                **numbers, **details,
            )  # fmt: skip
        return self.finding(vetted.written, Status.PASS, _sound(found), **numbers, **details)

    def _failed(
        self, vetted: Vetted, found: integrity.Integrity, alarms: tuple[Alarm, ...], details: dict[str, Any]
    ) -> Finding:
        said = [_contradicted(voucher) for voucher in found.failed]
        if alarms:
            since = f"first use on {found.pinned.since}" if found.pinned and found.pinned.since else "first use"
            said.append(f"since {since}: {_some([alarm.what for alarm in alarms])}")
        n = len({alarm.what for alarm in alarms} | {str(d) for voucher in found.failed for d in voucher.differences})
        return self.finding(
            vetted.written, Status.FAIL, f"These are not the bytes that were vouched for: {'; '.join(said)}.",
            value=float(max(n, 1)), threshold=0.0, n=found.n_files,
            remedy="fetch the model again from its publisher; if you changed it yourself, accept it with "
            "`touchstone vet MODEL --trust`" + (" and sign or list it anew" if found.failed else ""),
            **details,
        )  # fmt: skip


def _contradicted(voucher: Voucher) -> str:
    if voucher.differences:
        return f"{voucher.file} does not agree: {_some([str(one) for one in voucher.differences])}"
    return f"{voucher.file} does not hold: {voucher.reason}"


def _some(said: list[str]) -> str:
    more = f" and {plural(len(said) - _SHOWN, 'more')}" if len(said) > _SHOWN else ""
    return ", ".join(said[:_SHOWN]) + more


def _sound(found: integrity.Integrity) -> str:
    files = plural(found.n_files, "file")
    if found.signed:
        by = "a trusted key" if found.signed.kind == "signature" else f"{found.signed.signer}, trusted here,"
        left = f"; {plural(len(found.left_out), 'file')} outside the signature left out" if found.left_out else ""
        return f"A signature by {by} holds over {files}{left}."
    if found.vouchers:
        return f"The file {found.vouchers[0].file} agrees with all {files}."
    if found.pinned is None:
        return f"{files} listed; nothing was pinned, since files were refused."
    if found.pinned.state == "accepted anew":
        return f"{files} pinned anew: what had moved was accepted."
    # The same words on first use and later: running a study again changes no finding.
    since = found.pinned.since
    return f"{files}, first seen here on {since} and recorded then: they are as recorded, and a later change will be noticed."


def _details(vetted: Vetted, found: integrity.Integrity) -> dict[str, Any]:
    pinned = found.pinned
    return {
        "root": found.root,
        "files": [entry.as_data() for entry in vetted.manifest.files[:_LISTED]] if vetted.manifest else [],
        "vouchers": [
            {"file": one.file, "kind": one.kind, "state": one.state, "reason": one.reason, "signer": one.signer,
             "differences": [{"kind": d.kind, "file": d.name, "was": d.was} for d in one.differences[:_LISTED]]}
            for one in found.vouchers
        ],
        "pinned": None if pinned is None else {"since": pinned.since},
        "alarms": [{"kind": alarm.kind, "what": alarm.what, "file": alarm.file} for alarm in pinned.alarms] if pinned else [],
        "left_out": list(found.left_out),
    }  # fmt: skip
