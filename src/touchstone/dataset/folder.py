"""A folder per class, plain or zipped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from touchstone.core.errors import DatasetError, Fault
from touchstone.dataset import picture
from touchstone.dataset.archive import Archive, is_unsafe
from touchstone.dataset.inputs import FilePlace, MemberPlace, Place
from touchstone.dataset.picture import PictureError
from touchstone.dataset.raw import Raw
from touchstone.dataset.wording import MAX_CHARACTERS

TEXT_SUFFIXES = frozenset({".txt", ".md", ".text"})
SPLIT_NAMES = frozenset({"train", "training", "test", "testing", "val", "valid", "validation", "dev"})


def read_folder(path: Path, task: str, split: str, *, labelled: bool) -> Raw:
    """Examples of a folder or zip; the first folder below its top is the class."""
    if path.is_dir():
        files: list[tuple[str, Place]] = [(name, FilePlace(path / name)) for name in _walked(path)]
    else:
        archive = Archive(path)
        top = archive.top if labelled and _is_extra_top(archive) else ""
        files = [(name.removeprefix(top), MemberPlace(archive, name)) for name in sorted(archive.members)]
    suffixes = TEXT_SUFFIXES if task == "text-classification" else picture.SUFFIXES
    wanted = [(name, place) for name, place in files if _suffix(name) in suffixes or not _suffix(name)]
    what = "text file" if task == "text-classification" else "picture"
    if not wanted:
        seen = f"{len(files):,} files of other kinds" if files else "it is empty"
        mend = f"known endings: {' '.join(sorted(suffixes))}"
        raise DatasetError(Fault(str(path), f"no {what} in it ({seen})", mend))
    raw = Raw(split, labelled=labelled)
    for name, place in wanted:
        _add(raw, name, place, task, labelled)
    if labelled:
        _refuse_bad_layout(path, raw)
    return raw


def _add(raw: Raw, name: str, place: Place, task: str, labelled: bool) -> None:
    parts = PurePosixPath(name).parts
    if labelled and len(parts) < 2:
        raw.set_aside(name, "unlabelled", "it stands beside the class folders, not in one")
        return
    if is_unsafe(name):
        raw.set_aside(name, "corrupt", "its path leaves the archive")
        return
    content: object = place
    if task == "text-classification":
        try:
            content = _text(place)
        except PictureError as exc:
            raw.set_aside(name, exc.kind, exc.reason)
            return
    raw.names.append(name)
    raw.inputs.append(content)
    raw.labels.append(parts[0] if labelled else None)


def _text(place: Place) -> str:
    data = place.read()
    if len(data) > 4 * MAX_CHARACTERS:
        raise PictureError("too_large", f"{len(data) / 1e6:,.0f} MB of text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _walked(root: Path) -> Iterator[str]:
    """Files below a folder in a fixed order; hidden ones are litter, and links to folders could go round in circles."""
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and name.lower() not in ("thumbs.db", "desktop.ini"):
                yield (Path(folder) / name).relative_to(root).as_posix()


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _is_extra_top(archive: Archive) -> bool:
    """Whether the single top folder holds class folders, rather than being the only class."""
    top = archive.top
    return bool(top) and any("/" in name.removeprefix(top) for name in archive.members)


def _refuse_bad_layout(path: Path, raw: Raw) -> None:
    classes = sorted({label for label in raw.labels if label is not None})
    if classes and all(label.lower() in SPLIT_NAMES for label in classes):
        inside = {PurePosixPath(name).parts[1] for name in raw.names if len(PurePosixPath(name).parts) > 2}
        if inside:
            mend = f"set data.train: {path / classes[0]} and so on"
            raise DatasetError(Fault(str(path), f"its folders are splits ({', '.join(classes)}), not classes", mend))
    if not classes:
        mend = "put the files of each class in a folder of its own, or give a table: {table: labels.csv, files: ...}"
        raise DatasetError(Fault(str(path), "no folder per class in it", mend))
