"""The files of a model as they lie on the disk: found in one walk, opened without following what leads outside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from touchstone.supply.blob import Blob, open_file
from touchstone.supply.manifest import printable
from touchstone.supply.member_names import check_name
from touchstone.supply.rules import Held, Refused, Stopped

MOST_FILES = 100_000
_GIT = ".git/"


@dataclass(frozen=True, slots=True)
class Found:
    """One entry of a model's folder; ``fault`` is why it is not read."""

    name: str
    """Path inside of the model, with ``/``, fit to be written down."""
    path: Path
    fault: Stopped | None = None


def walk(model: Path) -> Iterator[Found]:
    """Every entry of a folder but its folders, in the order of their names; of a single file that file.

    Links are not followed, save those to a file of the same model and those of a hub's download cache into its own
    store of blobs.
    """
    if not model.is_dir():
        yield Found(printable(model.name), model, _file_fault(model, model))
        return
    for count, found in enumerate(_walk(model, model, "")):
        if count == MOST_FILES:
            yield Found("...", model, Refused("file.budget", f"it has more than {MOST_FILES:,} files"))
            return
        yield found


def _walk(root: Path, folder: Path, prefix: str) -> Iterator[Found]:
    try:
        with os.scandir(folder) as entries:
            items = sorted(entries, key=lambda item: item.name)
    except OSError as fault:
        what = f"its folder cannot be listed ({fault.strerror})"
        yield Found(printable(prefix.rstrip("/") or folder.name), folder, Refused("file.unreadable", what))
        return
    for item in items:
        name, path = prefix + item.name, folder / item.name
        if item.is_dir(follow_symlinks=False):
            yield from _walk(root, path, name + "/")
        else:
            yield Found(printable(name), path, _fault(root, path, name))


def _fault(root: Path, path: Path, name: str) -> Stopped | None:
    if name.startswith(_GIT):
        what = "it belongs to git's own store, which is not read here and needed by nothing"
        return Held("file.unknown", what, remedy="vet a copy of the model without the folder .git")
    try:
        check_name(printable(name))
    except Refused as refused:
        return Held("file.unknown", refused.reason.replace("its member ", "its name ", 1))
    return _file_fault(root, path)


def _file_fault(root: Path, path: Path) -> Stopped | None:
    if not path.is_symlink():
        return None
    if is_cached(root, path) or _is_inside(root, path):
        return None
    return Refused("file.special", f"it is a link, which leads to {_end(path)}")


def _is_inside(root: Path, path: Path) -> bool:
    """Whether a link of a model's folder leads to a regular file of that folder, which is read anyway."""
    if not root.is_dir():
        return False
    try:
        top, target = root.resolve(strict=True), path.resolve(strict=True)
        return top in target.parents and target.is_file() and _GIT.rstrip("/") not in target.relative_to(top).parts
    except (OSError, RuntimeError):  # nothing there, or links in a ring
        return False


def _end(path: Path) -> str:
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return "nothing"
    return (
        "a folder"
        if target.is_dir()
        else "a file outside of what is read here"
        if target.is_file()
        else "what is no file"
    )


def is_cached(root: Path, path: Path) -> bool:
    """Whether a link of a hub's download cache leads into the store of blobs of the same repository."""
    snapshot = next((folder for folder in (root, *root.parents) if folder.parent.name == "snapshots"), None)
    if snapshot is None:
        return False
    blobs = snapshot.parent.parent / "blobs"
    target = path.resolve()
    return target.parent == blobs.resolve() and target.is_file()


def open_found(found: Found) -> Blob:
    """The bytes of an entry without a fault.

    Raises
    ------
    Refused
        where it is no regular file, or cannot be opened
    """
    return open_file(found.path.resolve() if found.path.is_symlink() else found.path)


def neighbour(folder: Path, name: str) -> Blob | None:
    """A file of the same folder by its bare name: regular, and with this one name only."""
    if name != Path(name).name or name in ("", ".", ".."):
        return None
    path = folder / name
    try:
        return open_file(path) if path.lstat().st_nlink == 1 else None
    except (OSError, Refused):
        return None
