"""A model that we wrote: a list of its files' digests beside them, held against them before they are opened again."""

from __future__ import annotations

from pathlib import Path

from touchstone.core import atomic
from touchstone.core.errors import Fault, ModelFilesError
from touchstone.supply import manifest as manifests
from touchstone.supply.integrity import checksums

SUMS = "SHA256SUMS"
"""The form that ``sha256sum --check`` reads, and that vetting takes as a voucher."""

_SHOWN = 3


def write_sums(folder: Path) -> None:
    """List every file of a folder with its SHA-256."""
    entries = manifests.read(folder).without([SUMS]).files
    atomic.write_text(folder / SUMS, "".join(f"{entry.sha256}  {entry.name}\n" for entry in entries))


def check_sums(folder: Path) -> None:
    """That a folder holds the files of its list and no others; a folder without a list is another's, and vetted instead.

    Raises
    ------
    ModelFilesError
        where a file was changed, added, taken away or renamed since, or the list cannot be read
    """
    place = folder / SUMS
    if not (place.exists() or place.is_symlink()):
        return
    mend = f"export the model again; if the change is your own, delete {SUMS}"
    try:
        data = place.read_bytes()
    except OSError as fault:
        raise ModelFilesError(Fault(str(place), f"cannot be read ({fault.strerror})", mend)) from fault
    found = checksums(SUMS, data, manifests.read(folder), {SUMS})
    if found.state != "holds":
        said = found.reason or "; ".join(str(one) for one in found.differences[:_SHOWN])
        raise ModelFilesError(Fault(str(folder), f"these are not the files that {SUMS} lists: {said}", mend))
