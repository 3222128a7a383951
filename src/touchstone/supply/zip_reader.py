"""A zip archive read so that there is only one way to read it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from touchstone.supply.blob import CHUNK, Blob, gathered
from touchstone.supply.member_names import check_distinct, check_name
from touchstone.supply.rules import Refused
from touchstone.supply.work import RECORD

MAXIMUM_MEMBERS = 100_000
MAXIMUM_RATIO = 200
MAXIMUM_TOTAL_RATIO = 20
FREE_BYTES = 10 << 20
"""Up to here the ratio of the whole archive does not count."""
MAXIMUM_TOTAL = 64 << 30

_END, _END64, _LOCATOR = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_CENTRAL, _LOCAL, _DESCRIPTOR = b"PK\x01\x02", b"PK\x03\x04", b"PK\x07\x08"
_END_SIZE, _END64_SIZE, _LOCATOR_SIZE, _CENTRAL_SIZE, _LOCAL_SIZE = 22, 56, 20, 46, 30
_CENTRAL_FIELDS, _LOCAL_FIELDS = struct.Struct("<4sHHHHHHIIIHHHHHII"), struct.Struct("<4sHHHHHIIIHH")
_ENCRYPTED, _LATER, _STRONG, _UTF8, _MASKED = 1 << 0, 1 << 3, 1 << 6, 1 << 11, 1 << 13
_KNOWN_FLAGS = 0b110 | _LATER | _UTF8
_STORED, _DEFLATED = 0, 8
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_LINK = 0o120000
_USUAL_EXTRA = 128
_KIND_OF_SIZES, _KIND_OF_NAME = 1, 0x7075
_SIZES, _SECOND_NAME = struct.pack("<H", _KIND_OF_SIZES), struct.pack("<H", _KIND_OF_NAME)
_SUMS = struct.Struct("<III")


class Member(NamedTuple):
    """One file of the archive; folders are left out."""

    name: str
    size: int
    packed: int
    method: int
    crc: int
    start: int
    """First byte of its packed content."""


@dataclass(frozen=True, slots=True)
class _End:
    count: int
    size: int
    start: int
    after: int
    """Where the end records begin: just after the central directory."""


class _Entry(NamedTuple):
    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int


def read_zip(blob: Blob) -> tuple[Member, ...]:
    """The members of an archive whose records all agree and fill it without a gap.

    Raises
    ------
    Refused
        where they do not, where a name leads outside, or where it would unfold to too much
    """
    end = _read_end(blob)
    blob.work.spend(RECORD * end.count)
    entries = _read_central(blob, end)
    members = []
    position = 0
    for entry in sorted(entries, key=lambda entry: entry.offset):
        if entry.offset != position:
            raise _broken(
                f"there are bytes between its records that belong to none (at byte {min(entry.offset, position):,})"
            )
        member, position = _read_local(blob, entry, end.start)
        if not entry.name.endswith("/"):
            members.append(member)
        elif entry.size:
            raise _broken("a folder in it has content")
    if position != end.start:
        raise _broken(f"there are bytes before its directory that belong to no member (at byte {position:,})")
    check_distinct([entry.name.removesuffix("/") for entry in entries])
    _check_ratios(members)
    return tuple(sorted(members, key=lambda member: member.name))


def open_member(blob: Blob, member: Member) -> Blob:
    """The content of a member, its sum checked.

    Raises
    ------
    Refused
        where it does not unpack to what the records say
    """
    if member.method == _STORED:
        content = blob.part(member.start, member.size)
        if member.size <= CHUNK:
            crc = zlib.crc32(content.exactly(0, member.size))
        else:
            crc = 0
            for chunk in content.chunks():
                crc = zlib.crc32(chunk, crc)
        if crc != member.crc:
            raise _wrong_sum(member)
        return content
    return gathered(_inflated(blob, member), blob.work)


def has_zip_end(blob: Blob) -> bool:
    """Whether a reader that starts from the end of the file would take it for a zip archive."""
    tail_start = max(0, blob.size - _END_SIZE - _FULL16)
    tail = blob.read(tail_start, blob.size - tail_start)
    at = tail.rfind(_END)
    while at >= 0:
        if len(tail) - at >= _END_SIZE:
            count, size, start = struct.unpack_from("<HII", tail, at + 10)
            # Readers move the directory by what stands before the archive, so its place is told from the end record.
            places = (tail_start + at - size, tail_start + at - size - _LOCATOR_SIZE - _END64_SIZE)
            if count and (start == _FULL32 or any(place >= 0 and blob.read(place, 4) == _CENTRAL for place in places)):
                return True
        at = tail.rfind(_END, 0, at)
    return False


def _broken(what: str) -> Refused:
    return Refused("zip.structure", what)


def _wrong_sum(member: Member) -> Refused:
    return _broken(f"the check sum of its member {ascii(member.name)[:120]} is wrong")


def _read_end(blob: Blob) -> _End:
    if blob.size < _END_SIZE:
        raise _broken("it is cut short")
    at = blob.size - _END_SIZE
    record = blob.exactly(at, _END_SIZE)
    if record[:4] != _END:
        raise _broken("its last record is not its end record (the file is cut short, or something was added to it)")
    disk, directory_disk, here, count, size, start, comment = struct.unpack("<HHHHIIH", record[4:])
    if disk or directory_disk or here != count or comment:
        raise _broken("its end record tells of several parts or of a comment")
    after = at
    if blob.size >= _END_SIZE + _LOCATOR_SIZE and blob.exactly(at - _LOCATOR_SIZE, 4) == _LOCATOR:
        count, size, start, after = _read_end64(blob, at - _LOCATOR_SIZE, (count, size, start))
    elif count == _FULL16 or _FULL32 in (size, start):
        raise _broken("its end record refers to a larger one that is not there")
    if start + size != after:
        raise _broken("its directory does not stand where its end record says (something stands before or after it)")
    if count > MAXIMUM_MEMBERS:
        raise Refused("file.budget", f"it has {count:,} members")
    return _End(count, size, start, after)


def _read_end64(blob: Blob, locator_at: int, small: tuple[int, int, int]) -> tuple[int, int, int, int]:
    disk, at, disks = struct.unpack("<IQI", blob.exactly(locator_at + 4, 16))
    if disk or disks != 1 or at + _END64_SIZE != locator_at:
        raise _broken("its large end record does not stand where it should")
    record = blob.exactly(at, _END64_SIZE)
    rest, _, _, disk, directory_disk, here, count, size, start = struct.unpack("<QHHIIQQQQ", record[4:])
    if record[:4] != _END64 or rest != _END64_SIZE - 12 or disk or directory_disk or here != count:
        raise _broken("its large end record is broken")
    for large, little, full in zip((count, size, start), small, (_FULL16, _FULL32, _FULL32), strict=True):
        if little not in (large, full):
            raise _broken("its two end records disagree")
    return count, size, start, at


def _read_central(blob: Blob, end: _End) -> list[_Entry]:
    directory = blob.exactly(end.start, end.size) if end.size <= 256 << 20 else b""
    entries, position = [], 0
    for _ in range(end.count):
        entry, position = _central_entry(directory, position)
        entries.append(entry)
    if position != len(directory):
        raise _broken("its directory has more in it than its members")
    return entries


def _central_entry(directory: bytes, at: int) -> tuple[_Entry, int]:
    if len(directory) - at < _CENTRAL_SIZE or directory[at : at + 4] != _CENTRAL:
        raise _broken("its directory is broken")
    (
        _, _, _, flags, method, _, _, crc, packed, size, name_size, extra_size, comment_size, disk, _, attributes, offset,
    ) = _CENTRAL_FIELDS.unpack_from(directory, at)  # fmt: skip
    name_end = at + _CENTRAL_SIZE + name_size
    stop = name_end + extra_size + comment_size
    if stop > len(directory) or disk or comment_size:
        raise _broken("an entry of its directory is broken or carries a comment")
    raw_name = directory[at + _CENTRAL_SIZE : name_end]
    extra = directory[name_end : name_end + extra_size]
    size, packed, offset = _large(extra, (size, packed, offset))
    _check_flags(flags, method)
    name = _name(raw_name, flags)
    if (attributes >> 16) & 0o170000 == _LINK:
        raise Refused("archive.link", f"its member {ascii(name)[:120]} is a link")
    return _Entry(name, raw_name, flags, method, crc, packed, size, offset), stop


def _check_flags(flags: int, method: int) -> None:
    if flags & (_ENCRYPTED | _STRONG | _MASKED):
        raise _broken("a member says that it is enciphered, which hides it from those who look")
    if flags & ~_KNOWN_FLAGS:
        raise _broken("a member has flags that no archive of weights has")
    if method not in (_STORED, _DEFLATED):
        raise _broken(f"a member is packed with method {method}; only stored and deflated members are read")


def _name(raw: bytes, flags: int) -> str:
    try:
        name = raw.decode("utf-8" if flags & _UTF8 else "ascii")
    except UnicodeDecodeError as fault:
        raise _broken("a member's name is not in the writing that it says") from fault
    return check_name(name)


def _large(extra: bytes, values: tuple[int, ...]) -> tuple[int, ...]:
    """The values, those that do not fit into 32 bits from the extra field."""
    if _SIZES not in extra and _SECOND_NAME not in extra:
        return values
    field = b""
    position = 0
    seen = False
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, position)
        if position + 4 + size > len(extra):
            break
        if kind == _KIND_OF_SIZES:
            if seen:
                raise _broken("a member tells its size twice")
            field, seen = extra[position + 4 : position + 4 + size], True
        if kind == _KIND_OF_NAME:
            raise _broken("a member has a second name for readers that know of it")
        position += 4 + size
    found = []
    for value in values:
        if value == _FULL32 and seen:
            if len(field) < 8:
                raise _broken("a member's large sizes are broken")
            value, field = int.from_bytes(field[:8], "little"), field[8:]
        found.append(value)
    return tuple(found)


def _read_local(blob: Blob, entry: _Entry, directory: int) -> tuple[Member, int]:
    """A member by its local record, which must tell the same; and where the next record begins."""
    at = entry.offset
    read = blob.read(at, _LOCAL_SIZE + len(entry.raw_name) + _USUAL_EXTRA)  # nearly always all of it at once
    head = read[:_LOCAL_SIZE] if len(read) >= _LOCAL_SIZE else blob.exactly(at, _LOCAL_SIZE)
    mark, _, flags, method, _, _, crc, packed, size, name_size, extra_size = _LOCAL_FIELDS.unpack(head)
    start = at + _LOCAL_SIZE + name_size + extra_size
    rest = read[_LOCAL_SIZE : start - at] if start - at <= len(read) else blob.exactly(at, start - at)[_LOCAL_SIZE:]
    if mark != _LOCAL or flags != entry.flags or method != entry.method or rest[:name_size] != entry.raw_name:
        if flags & (_ENCRYPTED | _STRONG | _MASKED):
            raise _broken("a member says that it is enciphered, which hides it from those who look")
        raise _broken(f"its two records of {ascii(entry.name)[:120]} disagree")
    size, packed = _large(rest[name_size:], (size, packed))
    told, wanted = (crc, packed, size), (entry.crc, entry.packed, entry.size)
    left_open = flags & _LATER and (not any(told) or all(a in (0, b) for a, b in zip(told, wanted, strict=True)))
    if told != wanted and not left_open:
        raise _broken(f"its two records of {ascii(entry.name)[:120]} disagree")
    stop = start + entry.packed
    if method == _STORED and entry.packed != entry.size:
        raise _broken(f"its member {ascii(entry.name)[:120]} is stored with two sizes")
    if stop > directory:
        raise _broken(f"its member {ascii(entry.name)[:120]} runs into the directory")
    if flags & _LATER:
        stop += _descriptor(blob, stop, entry, directory)
    return Member(entry.name, entry.size, entry.packed, method, entry.crc, start), stop


def _descriptor(blob: Blob, at: int, entry: _Entry, directory: int) -> int:
    """Bytes of the record that follows a member and repeats its sizes."""
    data = blob.read(at, min(24, directory - at))
    if entry.packed < _FULL32 and entry.size < _FULL32:  # as nearly all are; the others below
        usual = _DESCRIPTOR + _SUMS.pack(entry.crc, entry.packed, entry.size)
        if data.startswith(usual) and data[len(usual) : len(usual) + 2] in (b"", b"PK"):
            return len(usual)
    for mark in (_DESCRIPTOR, b""):
        for form in ("<III", "<IQQ"):
            try:
                record = mark + struct.pack(form, entry.crc, entry.packed, entry.size)
            except struct.error:
                continue
            following = data[len(record) : len(record) + 2]
            if data.startswith(record) and following in (b"", b"PK"):
                return len(record)
    if blob.exactly(at, 4) in (_LOCAL, _CENTRAL):
        return 0
    raise _broken(f"the record after its member {ascii(entry.name)[:120]} disagrees")


def _check_ratios(members: list[Member]) -> None:
    total, packed = sum(m.size for m in members), sum(m.packed for m in members)
    if total > MAXIMUM_TOTAL:
        raise Refused("archive.bomb", f"it would unfold to {total:,} bytes")
    for member in members:
        if member.size > MAXIMUM_RATIO * max(member.packed, 1) and member.size > 1 << 16:
            raise Refused(
                "archive.bomb",
                f"its member {ascii(member.name)[:120]} unfolds to {member.size // max(member.packed, 1):,} times its size",
            )
    if total > FREE_BYTES and total > MAXIMUM_TOTAL_RATIO * max(packed, 1):
        raise Refused("archive.bomb", f"it would unfold to {total // max(packed, 1):,} times its size")


def _inflated(blob: Blob, member: Member) -> Iterator[bytes]:
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    size, crc = 0, 0
    try:
        for chunk in blob.chunks(member.start, member.start + member.packed):
            rest = chunk
            while rest and not unpack.eof:
                piece = unpack.decompress(rest, CHUNK)
                rest = unpack.unconsumed_tail
                size, crc = size + len(piece), zlib.crc32(piece, crc)
                if size > member.size:
                    raise _broken(f"its member {ascii(member.name)[:120]} unfolds to more than its records say")
                yield piece
            if rest or unpack.unused_data:
                raise _broken(f"its member {ascii(member.name)[:120]} has bytes after its end")
        while not unpack.eof and (piece := unpack.decompress(b"", CHUNK)):  # what is left inside without more input
            size, crc = size + len(piece), zlib.crc32(piece, crc)
            if size > member.size:
                raise _broken(f"its member {ascii(member.name)[:120]} unfolds to more than its records say")
            yield piece
    except zlib.error as fault:
        raise _broken(f"its member {ascii(member.name)[:120]} cannot be unpacked") from fault
    if not unpack.eof or size != member.size:
        raise _broken(f"its member {ascii(member.name)[:120]} unfolds to less than its records say")
    if crc != member.crc:
        raise _wrong_sum(member)
