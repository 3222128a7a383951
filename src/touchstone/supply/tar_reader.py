"""A tar archive of regular files and folders, read without unpacking it."""

from __future__ import annotations

from dataclasses import dataclass

from touchstone.supply.blob import Blob
from touchstone.supply.member_names import check_distinct, check_name
from touchstone.supply.rules import Refused

MAXIMUM_MEMBERS = 100_000
_BLOCK = 512
_LONGEST_NAME = 4096
_REGULAR, _FOLDER, _LONG_NAME, _EXTENDED, _GLOBAL = (b"0", b"\0", b"7"), b"5", b"L", b"x", b"g"
_WHAT = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a pipe",
    b"S": "a sparse file",
    b"K": "a link",
}


@dataclass(frozen=True, slots=True)
class TarMember:
    """One regular file of the archive."""

    name: str
    start: int
    size: int


def is_tar(blob: Blob) -> bool:
    """Whether the first block is a tar header whose sum is right."""
    head = blob.read(0, _BLOCK)
    return len(head) == _BLOCK and any(head) and _sum_is_right(head)


def read_tar(blob: Blob) -> tuple[TarMember, ...]:
    """The members of an archive that holds regular files and folders alone.

    Raises
    ------
    Refused
        for links, devices, sparse files, names that lead outside, headers whose sum is wrong, anything after the end
    """
    members: list[TarMember] = []
    names: list[str] = []
    position, long_name = 0, ""
    for _ in range(2 * MAXIMUM_MEMBERS):
        head = blob.exactly(position, _BLOCK)
        if not any(head):
            break
        if not _sum_is_right(head):
            raise Refused("archive.broken", f"the sum of a tar header is wrong (at byte {position:,})")
        kind, size, position = head[156:157], _number(head[124:136]), position + _BLOCK
        following = position + -(-size // _BLOCK) * _BLOCK
        if kind in (_EXTENDED, _LONG_NAME):
            long_name = _told_name(blob.exactly(position, min(size, 1 << 20)), kind) or long_name
        elif kind == _FOLDER or kind in _REGULAR:
            name = check_name((long_name or _name(head)).removeprefix("./") or "folder/")
            long_name = ""
            if kind != _FOLDER and not name.endswith("/"):
                blob.part(position, size)
                members.append(TarMember(name, position, size))
                names.append(name)
        elif kind != _GLOBAL:
            raise Refused(
                "archive.link", f"its member {ascii(_name(head))[:120]} is {_WHAT.get(kind, 'no regular file')}"
            )
        position = following
    else:
        raise Refused("file.budget", f"it has more than {MAXIMUM_MEMBERS:,} members")
    _check_end(blob, position)
    check_distinct(names)
    return tuple(sorted(members, key=lambda member: member.name))


def _sum_is_right(head: bytes) -> bool:
    digits = head[148:156].strip(b" \0")
    try:
        told = int(digits, 8) if digits else -1
    except ValueError:
        return False
    return told == sum(head[:148]) + 8 * 32 + sum(head[156:])


def _number(field: bytes) -> int:
    if field[0] & 0x80:
        number = int.from_bytes(field, "big") & ((1 << 95) - 1)
    else:
        digits = field.strip(b" \0")
        if not digits.isdigit() and digits:
            raise Refused("archive.broken", "a size in a tar header is no number")
        number = int(digits, 8) if digits else 0
    if number >= 1 << 62:
        raise Refused("archive.broken", "a size in a tar header cannot be")
    return number


def _name(head: bytes) -> str:
    name = head[:100].split(b"\0", 1)[0]
    prefix = head[345:500].split(b"\0", 1)[0] if head[257:263] == b"ustar\0" else b""
    return _text(prefix + b"/" + name if prefix else name)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise Refused("archive.path", "a member's name is no UTF-8") from fault


def _told_name(data: bytes, kind: bytes) -> str:
    """A long name from the record before a member; the other things that such a record can say are refused or passed over."""
    if kind == _LONG_NAME:
        return _text(data.split(b"\0", 1)[0])[:_LONGEST_NAME]
    name = ""
    while data.strip(b"\0"):
        length, _, _ = data.partition(b" ")
        if not length.isdigit() or len(length) > 7 or not len(length) + 2 < int(length) <= len(data):
            raise Refused("archive.broken", "an extended tar header is broken")
        key, _, value = data[len(length) + 1 : int(length) - 1].partition(b"=")
        data = data[int(length) :]
        if key == b"path":
            name = _text(value)
        elif key in (b"linkpath", b"size") or key.startswith(b"GNU.sparse"):
            raise Refused(
                "archive.link", f"an extended tar header tells of {_text(key)[:40]}, which plain files do not need"
            )
    return name


def _check_end(blob: Blob, position: int) -> None:
    for chunk in blob.part(position, blob.size - position).chunks():
        if chunk.strip(b"\0"):
            raise Refused("archive.broken", "it goes on after its end")
