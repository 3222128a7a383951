"""What a manifest says of a model beside its bytes: claims of whoever wrote it, carried on as claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Stated:
    """Facts as a manifest states them; None where it does not."""

    source: str | None = None
    revision: str | None = None
    publisher: str | None = None
    license: str | None = None
    training_data: str | None = None
    limits: str | None = None


NOTHING = Stated()


def read(plain: Mapping[str, Any]) -> Stated:
    """The facts of one model's manifest, in our own form or in that of a collection's entry."""
    source, publisher = plain.get("source"), plain.get("publisher")
    told = source if isinstance(source, Mapping) else {"repo": source}
    who = publisher.get("name") if isinstance(publisher, Mapping) else publisher
    return Stated(
        _text(told.get("repo"), plain.get("repo")),
        _text(told.get("revision"), plain.get("revision"), plain.get("commit")),
        _text(who),
        _text(plain.get("license"), plain.get("licence")),
        _text(plain.get("training_data")),
        _text(plain.get("limits"), plain.get("limitations")),
    )


def entry_of(plain: Mapping[str, Any], collection: Path, model: Path) -> dict[str, Any] | None:
    """The entry of a collection's manifest that speaks of this model; None where none does.

    Parameters
    ----------
    plain : ``{"entries": [{"dir": ..., "files": [...]}, ...]}``
    collection : the folder in which that manifest lies
    """
    entries = plain.get("entries")
    for entry in entries if isinstance(entries, list) else ():
        folder = entry.get("dir") if isinstance(entry, dict) else None
        if isinstance(folder, str) and folder and _is_at(collection, folder, model):
            return within(entry)
    return None


def within(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry with its files named from the model's own folder."""
    folder, files = entry.get("dir"), entry.get("files")
    if not isinstance(folder, str) or not isinstance(files, list):
        return dict(entry)
    prefix = str(PurePosixPath(folder)) + "/"
    named = [
        {**file, "name": str(file.get("name", file.get("path", ""))).removeprefix(prefix)}
        for file in files
        if isinstance(file, Mapping)
    ]
    return {**entry, "files": named}


def _is_at(collection: Path, folder: str, model: Path) -> bool:
    try:
        return (collection / folder).resolve() == model.resolve()
    except (OSError, ValueError):
        return False


def _text(*values: Any) -> str | None:
    told = next((value.strip() for value in values if isinstance(value, str) and value.strip()), None)
    if told is None or any("\ud800" <= letter <= "\udfff" for letter in told):
        return None
    return told[:_LONGEST]
