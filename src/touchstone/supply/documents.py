"""The papers that come with a model: licence texts, the card, configuration, read as bounded text and no more."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from touchstone.supply.blob import Blob, open_file
from touchstone.supply.manifest import Entry, Manifest
from touchstone.supply.rules import Stopped
from touchstone.supply.zip_reader import Member, open_member, read_zip

MAXIMUM_BYTES = 1 << 20
MOST = 50
"""Papers read of one model."""
_LICENCE = re.compile(r"(?:.*/)?(?:licen[cs]e|copying|unlicense)(?:[-_.].*)?", re.IGNORECASE)
_NOTICE = re.compile(r"notice(?:\.(?:txt|md))?", re.IGNORECASE)
_CARDS = ("readme.md", "model_card.md", "modelcard.md", "readme.txt", "readme")


@dataclass(frozen=True, slots=True)
class Documents:
    """Texts by file name; what is too large, no UTF-8 or changed since it was hashed is not among them."""

    texts: Mapping[str, str]

    @property
    def licences(self) -> dict[str, str]:
        """Licence texts at the top of the model or in its ``licenses`` folder."""
        return {name: text for name, text in self.texts.items() if _is_licence(name)}

    @property
    def notice(self) -> str | None:
        """The NOTICE file."""
        return next((text for name, text in self.texts.items() if _NOTICE.fullmatch(name)), None)

    @property
    def card(self) -> tuple[str, str] | None:
        """Name and text of the model card."""
        by_name = {name.lower(): (name, text) for name, text in self.texts.items()}
        return next((by_name[name] for name in _CARDS if name in by_name), None)

    @property
    def config(self) -> str | None:
        """The text of ``config.json``."""
        return self.texts.get("config.json")


def read(model: Path, manifest: Manifest) -> Documents:
    """Read the papers among a model's files; each must still have the digest that the manifest tells.

    Parameters
    ----------
    model : a folder, or a zip whose members stand in the manifest under the archive's name
    manifest : the files that may be read: those that were accepted
    """
    if model.is_dir():
        return Documents(_texts({entry.name: entry for entry in manifest.files}, lambda name: _bytes(model / name)))
    within = {entry.name.removeprefix(f"{model.name}/"): entry for entry in manifest.files if entry.name != model.name}
    if not within:
        return Documents({})
    try:
        archive = open_file(model)
    except Stopped:
        return Documents({})
    try:
        members = {member.name: member for member in read_zip(archive)}
        top = _top(list(within))
        found = {name.removeprefix(top): entry for name, entry in within.items()}
        return Documents(_texts(found, lambda name: _member(archive, members.get(top + name))))
    except (Stopped, OSError):
        return Documents({})
    finally:
        archive.close()


def _texts(entries: Mapping[str, Entry], read_bytes: Callable[[str], bytes | None]) -> dict[str, str]:
    wanted = [(name, entry) for name, entry in entries.items() if _is_paper(name) and entry.size <= MAXIMUM_BYTES][
        :MOST
    ]
    texts: dict[str, str] = {}
    for name, entry in wanted:
        data = read_bytes(name)
        if data is not None and hashlib.sha256(data).hexdigest() == entry.sha256:
            try:
                texts[name] = data.decode("utf-8-sig")
            except UnicodeDecodeError:
                continue
    return texts


def _top(names: list[str]) -> str:
    """The one folder in which all members of an archive lie, with its slash."""
    tops = {name.partition("/")[0] for name in names}
    return f"{tops.pop()}/" if len(tops) == 1 and all("/" in name for name in names) else ""


def _member(archive: Blob, member: Member | None) -> bytes | None:
    if member is None or member.size > MAXIMUM_BYTES:
        return None
    try:
        return open_member(archive, member).read(0, MAXIMUM_BYTES)
    except (Stopped, OSError):
        return None


def _is_paper(name: str) -> bool:
    return _is_licence(name) or name == "config.json" or name.lower() in _CARDS or _NOTICE.fullmatch(name) is not None


def _is_licence(name: str) -> bool:
    folder, _, file = name.rpartition("/")
    return (
        folder.lower() in ("", "licenses", "licences")
        and _LICENCE.fullmatch(file) is not None
        and not file.endswith(".py")
    )


def _bytes(path: Path) -> bytes | None:
    try:
        # Where a link was followed when the model was read, the bytes must be those that were read then.
        file = open_file(path.resolve() if path.is_symlink() else path)
    except (Stopped, OSError, RuntimeError):
        return None
    try:
        return file.read(0, MAXIMUM_BYTES)
    except OSError:
        return None
    finally:
        file.close()
