"""What later stages see of a model: vetted bytes alone, in a folder named by their digest, held against it at load."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from touchstone.core import atomic
from touchstone.core.errors import Fault, ModelFilesError
from touchstone.supply import manifest as manifests
from touchstone.supply.judgement import Made
from touchstone.supply.manifest import Entry, Manifest
from touchstone.supply.outcome import Product
from touchstone.supply.rules import Refused

FOLDER = "vetted"
_READ_ONLY = 0o444


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """A folder of vetted files."""

    folder: Path
    manifest: Manifest
    """Every file in it."""

    def check(self) -> None:
        """Hash it again: what is loaded is what was vetted.

        Raises
        ------
        ModelFilesError
            where a file was changed, added or taken away since
        """
        if not _is_whole(self.folder, self.manifest):
            what = "the working copy of the model is not what was vetted"
            raise ModelFilesError(Fault(str(self.folder), what, "delete this folder and run again"))


def make(wanted: Sequence[tuple[Product, Made]], home: Path) -> WorkingCopy:
    """Write vetted files under ``home``; where the same files stand already they are hashed and used.

    Raises
    ------
    Refused
        where the bytes of a file are no longer those that were read
    """
    manifest = Manifest.of(Entry(product.name, product.size, product.sha256) for product, _ in wanted)
    return _settle(manifest, home, ((product.name, product.sha256, made.chunks()) for product, made in wanted))


def without(copy: WorkingCopy, names: Collection[str], home: Path) -> WorkingCopy:
    """The same less some files, such as those that a signature does not cover."""
    manifest = copy.manifest.without(names)
    if manifest == copy.manifest:
        return copy
    files = ((entry.name, entry.sha256, _chunks(copy.folder / entry.name)) for entry in manifest.files)
    return _settle(manifest, home, files)


def _settle(manifest: Manifest, home: Path, files: Iterable[tuple[str, str, Iterator[bytes]]]) -> WorkingCopy:
    folder = home / FOLDER / manifest.root.removeprefix("sha256:")
    copy = WorkingCopy(folder, manifest)
    if folder.is_dir() and _is_whole(folder, manifest):
        return copy
    with atomic.writing_folder(folder) as temporary:
        for name, sha256, chunks in files:
            _write(temporary / name, chunks, sha256)
    return copy


def _write(path: Path, chunks: Iterable[bytes], sha256: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    state = hashlib.sha256()
    with path.open("xb") as file:
        for chunk in chunks:
            state.update(chunk)
            file.write(chunk)
    if state.hexdigest() != sha256:
        raise Refused("file.changed", "it changed after it was read")
    path.chmod(_READ_ONLY)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


def _is_whole(folder: Path, manifest: Manifest) -> bool:
    try:
        return manifests.read(folder).root == manifest.root
    except OSError:
        return False
