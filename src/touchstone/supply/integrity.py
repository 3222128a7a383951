"""Whether a model's bytes are those that were vouched for: by a list of checksums, a signature, or its first use here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from touchstone.supply import keyless, signing
from touchstone.supply import manifest as manifests
from touchstone.supply.differences import Difference, between
from touchstone.supply.manifest import Entry, Manifest
from touchstone.supply.pins import Pinned, is_immutable
from touchstone.supply.stated import NOTHING, Stated, entry_of, within
from touchstone.supply.stated import read as read_stated
from touchstone.supply.trust import Trust

MANIFEST = "manifest.json"
CHECKSUMS = ("SHA256SUMS", "SHA256SUMS.txt", "sha256sums.txt", "checksums.sha256")
_ABOVE = 3
"""Folders above a model in which a collection's manifest is looked for."""
_LINE = re.compile(r"(?P<digest>[0-9a-fA-F]{64}) [ *](?P<name>.+)")
_ASK = "ask the publisher for the key by another way and put it under keys/ of the state folder"
_TAGGED = re.compile(r"SHA256 \((?P<name>.+)\) = (?P<digest>[0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class Voucher:
    """A file that vouches for the others, and whether it is right."""

    file: str
    kind: Literal["manifest", "checksums", "signature", "keyless"]
    state: Literal["holds", "fails", "undecided"]
    reason: str = ""
    differences: tuple[Difference, ...] = ()
    signer: str | None = None
    left_out: tuple[str, ...] = ()
    """Files outside what was signed; they must not reach the working copy."""
    revision: str | None = None
    """As a manifest states it."""
    stated: Stated = NOTHING
    """What a manifest says beside the bytes."""
    mend: str = ""
    """What would decide it, where it is undecided."""
    lacks_extra: bool = False
    """Whether it is undecided only because an extra is not installed: then nothing is known of who signed."""


@dataclass(frozen=True, slots=True)
class Integrity:
    """What vouches for a model's bytes."""

    root: str
    """Root digest of its manifest."""
    n_files: int
    vouchers: tuple[Voucher, ...]
    pinned: Pinned | None
    """What the pins say; None where files were refused, so that nothing was pinned."""

    @property
    def failed(self) -> tuple[Voucher, ...]:
        """Vouchers that the bytes contradict."""
        return tuple(voucher for voucher in self.vouchers if voucher.state == "fails")

    @property
    def undecided(self) -> tuple[Voucher, ...]:
        """Vouchers that nobody here can check."""
        return tuple(voucher for voucher in self.vouchers if voucher.state == "undecided")

    @property
    def signed(self) -> Voucher | None:
        """The trusted signature that holds over all of it."""
        return next((voucher for voucher in self.vouchers if voucher.signer and voucher.state == "holds"), None)

    @property
    def signer(self) -> str | None:
        """Who signed all of it, where a trusted signature holds; empty where that cannot be told without an extra."""
        if self.signed:
            return self.signed.signer
        return "" if any(voucher.lacks_extra for voucher in self.vouchers) else None

    @property
    def stated(self) -> tuple[str, Stated]:
        """The manifest that agrees with the bytes, and what it says beside them."""
        return next(
            ((one.file, one.stated) for one in self.vouchers if one.state == "holds" and one.stated != NOTHING),
            ("", NOTHING),
        )

    @property
    def left_out(self) -> tuple[str, ...]:
        """Files that no signature covers, though one is there."""
        return tuple(sorted({name for voucher in self.vouchers for name in voucher.left_out}))


def vouchers(path: Path, manifest: Manifest, trust: Trust, revision: str | None) -> tuple[Voucher, ...]:
    """Check every voucher in a model's folder, or beside it (``NAME.sig``, ``NAME.sha256``, ``NAME.manifest.json``)."""
    if not path.is_dir():  # what lies beside a file vouches for that file, not for what is packed in it
        whole = tuple(entry for entry in manifest.files if entry.name == path.name)
        manifest = Manifest(whole) if whole else manifests.read(path)
    found: list[Voucher] = []
    own = {voucher_file.name for voucher_file, _ in _candidates(path) if voucher_file.parent == path}
    for file, kind in _candidates(path):
        data = _read(file)
        if data is None:
            continue
        if kind == "signature":
            found.append(_signature(file.name, data, manifest, trust))
        elif kind == "checksums":
            found.append(checksums(file.name, data, manifest, own))
        elif (voucher := _manifest(file.name, data, manifest, own, revision)) is not None:
            found.append(voucher)
    if path.is_dir() and (voucher := _collection(path, manifest, own, revision)) is not None:
        found.append(voucher)
    return tuple(found)


def _collection(path: Path, manifest: Manifest, own: set[str], revision: str | None) -> Voucher | None:
    """The manifest of a collection of models, in a folder above, where it has an entry for this one."""
    for folder in path.absolute().parents[:_ABOVE]:
        data = _read(folder / MANIFEST)
        plain = None if data is None else _json(data)
        entry = entry_of(plain, folder, path) if isinstance(plain, dict) else None
        if entry is not None:
            return _manifest(f"{folder.name}/{MANIFEST}", json.dumps(entry).encode(), manifest, own, revision)
    return None


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _candidates(path: Path) -> Iterator[tuple[Path, Literal["manifest", "checksums", "signature"]]]:
    if path.is_dir():
        yield path / MANIFEST, "manifest"
        for name in CHECKSUMS:
            yield path / name, "checksums"
        yield path / signing.SIGNATURE, "signature"
    yield path.with_name(path.name + ".manifest.json"), "manifest"
    yield path.with_name(path.name + ".sha256"), "checksums"
    yield path.with_name(path.name + ".sig"), "signature"


def _read(file: Path) -> bytes | None:
    try:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > signing.MAXIMUM_BYTES:
            return None
        return file.read_bytes()
    except OSError:
        return None


def _manifest(file: str, data: bytes, found: Manifest, own: set[str], revision: str | None) -> Voucher | None:
    """A manifest of ours; a file of that name in another form vouches for nothing and is none."""
    plain = _json(data)
    if not isinstance(plain, dict) or not isinstance(plain.get("files"), list):
        return None
    stated_facts = read_stated(plain)
    try:
        vouched = manifests.from_data(within(plain))
    except ValueError as fault:
        return Voucher(file, "manifest", "fails", f"it contradicts itself: {fault}")
    stated = stated_facts.revision
    if is_immutable(stated) and is_immutable(revision) and str(stated).casefold() != str(revision).casefold():
        reason = f"it vouches for revision {stated}, the study names {revision}"
        return Voucher(file, "manifest", "fails", reason, revision=stated)
    holds = Voucher(file, "manifest", "holds", revision=stated, stated=stated_facts)
    return _held_against(holds, vouched, found, own)


def checksums(file: str, data: bytes, found: Manifest, own: set[str]) -> Voucher:
    entries: dict[str, Entry] = {}
    for line in data.decode("utf-8", "backslashreplace").splitlines():
        text = line.strip("\r\n")
        match = _LINE.fullmatch(text) or _TAGGED.fullmatch(text)
        if match:
            name = match["name"].removeprefix("./")
            entries[name] = Entry(name, -1, match["digest"].lower())
        elif text.strip() and not text.startswith("#"):
            return Voucher(file, "checksums", "fails", f"a line in it is no checksum: {text[:80]!r}")
    if not entries:
        return Voucher(file, "checksums", "fails", "it lists no file")
    return _held_against(Voucher(file, "checksums", "holds"), Manifest.of(entries.values()), found, own)


def _held_against(voucher: Voucher, vouched: Manifest, found: Manifest, own: set[str]) -> Voucher:
    # A voucher cannot list itself; another one beside it may be listed, and then counts like any file.
    differences = between(vouched, found, {name for name in own if name not in vouched})
    if not differences:
        return voucher
    return Voucher(voucher.file, voucher.kind, "fails", "", differences, revision=voucher.revision)


def _signature(file: str, data: bytes, found: Manifest, trust: Trust) -> Voucher:
    try:
        signed = signing.read(data)
    except signing.SignatureFault as fault:
        return Voucher(file, "signature", "fails", str(fault))
    kind: Literal["signature", "keyless"] = "keyless" if signed.is_keyless else "signature"
    try:
        signer, doubt = _signer(signed, trust)
    except signing.SignatureFault as fault:
        return Voucher(file, kind, "fails", str(fault))
    allowed = (*signing.GIT_PATHS, file)
    left_out = tuple(entry.name for entry in found.files if signing.is_under(entry.name, signing.GIT_PATHS))
    unsigned = tuple(name for name in left_out if name not in signed.manifest)
    differences = between(signed.manifest, found, [*unsigned, file])
    if differences:
        return Voucher(file, kind, "fails", "", differences, signer, unsigned)
    if signer is None:
        return Voucher(
            file, kind, "undecided", str(doubt), (), None, unsigned, mend=doubt.mend, lacks_extra=doubt.lacks_extra
        )
    if odd := sorted(set(signed.ignored) - set(allowed) - {signing.SIGNATURE}):
        reason = f"its signer left more unsigned than the specification does: {', '.join(odd[:5])}"
        return Voucher(file, kind, "undecided", reason, (), None, unsigned, mend=_ASK)
    return Voucher(file, kind, "holds", "", (), signer, unsigned)


def _signer(signed: signing.Signed, trust: Trust) -> tuple[str | None, keyless.Unchecked]:
    """Who signed, of those trusted here; or why that cannot be told."""
    try:
        signer = trust.signer(signed)
    except keyless.Unchecked as doubt:
        return None, doubt
    who = (
        f"key {signed.hint[:16]}, which"
        if signed.hint
        else "a certificate whose root"
        if signed.chain
        else "a key that"
    )
    return signer, keyless.Unchecked(f"it was made by {who} is not trusted here", _ASK)
