"""Zip archives of pictures, read member by member and never unpacked to disk."""

from __future__ import annotations

import os
import threading
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from touchstone.core.errors import DatasetError, Fault
from touchstone.dataset.picture import MAX_BYTES, PictureError

MAX_MEMBERS = 5_000_000
MAX_RATIO = 1_000
"""No honest picture or text shrinks a thousandfold; only larger members are judged by it."""
_RATIO_FROM = 10 * 1024 * 1024


class Archive:
    """A zip file, opened lazily once per process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip: zipfile.ZipFile | None = None
        self._process = -1
        self._lock = threading.Lock()
        self.members: tuple[str, ...] = tuple(self._listed())
        self._places = {name: i for i, name in enumerate(self.members)}
        state = path.stat()
        self.stamp = f"{path.absolute()}:{state.st_size}:{state.st_mtime_ns}"

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "members": self.members, "_places": self._places, "stamp": self.stamp}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _zip=None, _process=-1, _lock=threading.Lock())

    def _opened(self) -> zipfile.ZipFile:
        with self._lock:
            if self._zip is None or self._process != os.getpid():
                # A handle shared with a forked process would share its file position too.
                self._zip = zipfile.ZipFile(self.path)
                self._process = os.getpid()
            return self._zip

    def _listed(self) -> list[str]:
        try:
            infos = self._opened().infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as exc:
            raise DatasetError(Fault(str(self.path), f"not a zip that can be read: {exc}", "pack it anew")) from exc
        if len(infos) > MAX_MEMBERS:
            raise DatasetError(Fault(str(self.path), f"{len(infos):,} members", f"at most {MAX_MEMBERS:,} are read"))
        names = [info.filename for info in infos if not info.is_dir()]
        return list(dict.fromkeys(name for name in names if not _is_litter(name)))

    def find(self, name: str) -> str | None:
        """The member that a table's path means, with or without ``./`` and a single top folder."""
        wanted = str(PurePosixPath(name.replace("\\", "/")))
        if wanted in self._places:
            return wanted
        top = self.top
        return top + wanted if top and top + wanted in self._places else None

    @property
    def top(self) -> str:
        """The one folder that holds every member (``name/``), or nothing."""
        tops = {name.partition("/")[0] if "/" in name else "" for name in self.members}
        return f"{tops.pop()}/" if len(tops) == 1 and "" not in tops else ""

    def read(self, member: str) -> bytes:
        """The bytes of a member.

        Raises
        ------
        PictureError
            where the member is unsafe, too large, encrypted or damaged
        """
        if is_unsafe(member):
            raise PictureError("corrupt", "its path leaves the archive")
        archive = self._opened()
        try:
            info = archive.getinfo(member)
            if info.file_size > MAX_BYTES:
                raise PictureError("too_large", f"{info.file_size / 1e6:,.0f} MB unpacked")
            if info.file_size > _RATIO_FROM and info.file_size > MAX_RATIO * max(info.compress_size, 1):
                raise PictureError("too_large", "packed more than a thousandfold, like a zip bomb")
            with archive.open(info) as file:
                data = file.read(info.file_size + 1)
        except PictureError:
            raise
        except KeyError as exc:
            raise PictureError("missing", "not in the archive") from exc
        except RuntimeError as exc:  # zipfile's word for an encrypted member
            raise PictureError("corrupt", str(exc).replace(repr(member), "member")) from exc
        except Exception as exc:  # zlib.error, BadZipFile, EOFError, NotImplementedError: hostile bytes, one outcome
            raise PictureError("corrupt", f"damaged in the archive: {type(exc).__name__}") from exc
        if len(data) > info.file_size:
            raise PictureError("corrupt", "larger than the archive says")
        return data


def is_unsafe(member: str) -> bool:
    """Whether a member's name points out of the archive."""
    path = PurePosixPath(member.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or "\0" in member or (len(member) > 1 and member[1] == ":")


def _is_litter(name: str) -> bool:
    """Files that operating systems leave behind."""
    parts = PurePosixPath(name).parts
    return any((part.startswith(".") and part not in (".", "..")) or part == "__MACOSX" for part in parts) or (
        parts[-1].lower() in ("thumbs.db", "desktop.ini") if parts else True
    )
