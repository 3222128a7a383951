"""The three layouts of PyTorch checkpoints, and plain pickles: from bytes to inert objects and their storages."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Any

from touchstone.supply.blob import Blob
from touchstone.supply.inert import DTYPES, STORAGES, UNTYPED, WIDTHS, Misfit, Pairs, Ref, Storage, TensorRef
from touchstone.supply.outcome import Kind
from touchstone.supply.pickle_machine import Stream
from touchstone.supply.pickle_names import in_words, kind_of
from touchstone.supply.pickle_reader import run
from touchstone.supply.rules import Refused
from touchstone.supply.state_dict import Converted, convert
from touchstone.supply.work import CALL

MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_MEMBERS = re.compile(
    r"(version|byteorder|\.format_version|\.storage_alignment|\.data/serialization_id|data/[0-9]{1,20})"
)
_NESTED = Ref("torch.storage", "_load_from_bytes")
_MAXIMUM_STREAMS = 10_000


def check_streams(streams: list[Stream]) -> None:
    """That no stream names anything outside of the inert table, and none breaks.

    Raises
    ------
    Refused
        for the gravest offence, told with full name and position
    """
    offences = [offence for stream in streams for offence in stream.offences]
    if offences:
        told = [(kind_of(o.ref, o.how == "call") is not Kind.HOSTILE, _HOWS.index(o.how), o) for o in offences]
        harmless, _, worst = min(told, key=lambda entry: entry[:2])
        names = sorted({in_words(offence.ref) for offence in offences})
        details = {"names": names[:50], "position": worst.position}
        if worst.ref == _NESTED or (harmless and any(o.ref == _NESTED for o in offences)):
            raise Refused(
                "pickle.nested",
                f"it opens a pickle inside of itself ({in_words(_NESTED)} at byte {worst.position:,})",
                details=details,
            )
        what = {"call": "calls", "instance": "makes an instance of", "name": "names"}[worst.how]
        rule = "pickle.class" if harmless else "pickle.call"
        raise Refused(
            rule, f"it {what} {in_words(worst.ref)} (at byte {worst.position:,}) when it is opened", details=details
        )
    for stream in streams:
        if stream.too_long:
            raise Refused("file.work", stream.fault)
        if stream.fault:
            raise Refused("pickle.broken", f"{stream.fault} (at byte {stream.end:,})")


_HOWS = ("call", "instance", "name")


def looks_like_pickle(stream: Stream) -> bool:
    """Whether a reader of pickles would do something with these bytes: come to a STOP, or call before it breaks."""
    return bool(stream.n_calls and stream.offences) or (not stream.fault and stream.end - stream.start > 1)


def all_streams(blob: Blob) -> list[Stream]:
    """Every stream of a file that is nothing but pickles.

    Raises
    ------
    Refused
        where bytes after the last STOP are no stream
    """
    streams: list[Stream] = []
    position = 0
    while position < blob.size:
        blob.work.spend(4 * CALL)
        stream = run(blob, position)
        if (
            streams
            and stream.fault
            and not stream.too_long
            and not stream.offences
            and not any(s.offences for s in streams)
        ):
            raise Refused("pickle.broken", f"bytes follow its end that are no pickle (at byte {position:,})")
        streams.append(stream)
        if stream.fault or len(streams) > _MAXIMUM_STREAMS:
            break
        position = stream.end
    return streams


def read_pickle(blob: Blob) -> Converted:
    """A file of one or more plain pickles."""
    streams = all_streams(blob)
    check_streams(streams)
    values = [stream.value for stream in streams]
    value = values[0] if len(values) == 1 else Pairs([(str(i), v) for i, v in enumerate(values)])
    return convert(value, _no_storage, blob.size)


def _no_storage(key: str) -> Blob:
    raise Refused("checkpoint.layout", f"it refers to a storage {ascii(key)[:40]} that is not in it")


def read_torch_zip(members: Mapping[str, Blob], prefix: str, size: int) -> Converted:
    """A checkpoint as torch.save has written it since 1.6.

    Parameters
    ----------
    members : content by name
    prefix : the folder inside of the archive, with its slash
    size : bytes of the whole archive
    """
    stream = run(members[f"{prefix}data.pkl"], 0, _resolve)
    if not stream.fault and stream.end != members[f"{prefix}data.pkl"].size:
        stream.fault = "bytes follow its end"
    check_streams([stream])
    _check_order(members, prefix)

    def find(key: str) -> Blob:
        blob = members.get(f"{prefix}data/{key}")
        return _no_storage(key) if blob is None else blob

    return convert(stream.value, find, size)


def foreign_members(names: list[str], prefix: str) -> list[str]:
    """Members that no checkpoint has."""
    return [
        name for name in names
        if name != f"{prefix}data.pkl" and not (name.startswith(prefix) and _MEMBERS.fullmatch(name.removeprefix(prefix)))
    ]  # fmt: skip


def _check_order(members: Mapping[str, Blob], prefix: str) -> None:
    order = members.get(f"{prefix}byteorder")
    if order is not None and order.read(0, 16).strip() != b"little":
        raise Refused("checkpoint.unsupported", "its numbers stand big end first")


def _resolve(identity: Any) -> Storage:
    if not isinstance(identity, tuple) or len(identity) < 5 or identity[0] != "storage":
        raise Misfit
    kind, key, size = identity[1], identity[2], identity[4]
    dtype = STORAGES.get(kind) or DTYPES.get(kind) if isinstance(kind, Ref) else None
    if (
        dtype is None
        or not isinstance(key, str)
        or type(size) is not int
        or size < 0
        or identity[5:] not in ((), (None,))
    ):
        raise Misfit
    return Storage(key, "U8" if kind in UNTYPED else dtype, size)


def is_legacy(blob: Blob) -> bool:
    """Whether a file begins with the magic number of torch.save before 1.6."""
    head = blob.read(0, 32)
    return MAGIC.to_bytes(10, "little") in head and head[:1] == b"\x80"


def read_legacy(blob: Blob) -> Converted:
    """A checkpoint as torch.save wrote it before 1.6: five pickles, then the storages one after another."""
    sizes: dict[str, int] = {}
    widths: dict[str, int] = {}

    def resolve(identity: Any) -> Storage:
        storage = _resolve(identity)
        sizes[storage.key] = storage.size * WIDTHS[storage.dtype]
        widths[storage.key] = WIDTHS[storage.dtype]
        return storage

    streams: list[Stream] = []
    position = 0
    for part in range(5):
        streams.append(run(blob, position, resolve if part == 3 else None))
        position = streams[-1].end
        if streams[-1].fault:
            break
    check_streams(streams)
    magic, protocol, system, value, keys = (stream.value for stream in streams)
    if magic != MAGIC or protocol != _PROTOCOL or not isinstance(system, Pairs) or not isinstance(keys, list):
        raise Refused("pickle.broken", "it begins like a checkpoint of old PyTorch and goes on differently")
    if dict(p for p in system.items if isinstance(p[0], str)).get("little_endian") is not True:
        raise Refused("checkpoint.unsupported", "its numbers stand big end first")
    if not all(isinstance(key, str) and key in sizes for key in keys) or len(set(keys)) != len(sizes):
        raise Refused("checkpoint.layout", "its list of storages is not that of its tensors")
    found: dict[str, Blob] = {}
    for key in keys:
        (count,) = struct.unpack("<q", blob.exactly(position, 8))
        if count < 0 or count * widths[key] != sizes[key] or key in found:
            raise Refused("checkpoint.layout", f"storage {ascii(key)[:40]} has another size than its tensors say")
        found[key] = blob.part(position + 8, sizes[key])
        position += 8 + sizes[key]
    if position != blob.size:
        raise Refused("pickle.broken", f"bytes follow its end (at byte {position:,})")
    return convert(value, lambda key: found[key] if key in found else _no_storage(key), blob.size)


def read_torch_tar(members: Mapping[str, Blob], size: int) -> Converted:
    """A checkpoint as torch.save wrote it before 0.1.10: a tar of pickled records."""
    storages, tensors = members.get("storages"), members.get("tensors")
    if storages is None or tensors is None:
        check_streams([run(members["pickle"], 0, lambda identity: Pairs())])
        raise Refused("checkpoint.layout", "it lacks the storages and tensors of a checkpoint of old PyTorch")
    found, dtypes = _tar_storages(storages)
    rebuilt = _tar_tensors(tensors, dtypes)

    def resolve(identity: Any) -> Any:
        if isinstance(identity, tuple) and identity and isinstance(identity[0], Ref):
            return identity[0]
        tensor = rebuilt.get(str(identity)) if isinstance(identity, int | str) else None
        if tensor is None:
            raise Misfit
        return tensor

    stream = run(members["pickle"], 0, resolve)
    if not stream.fault and stream.end != members["pickle"].size:
        stream.fault = "bytes follow its end"
    check_streams([stream])
    return convert(stream.value, lambda key: found[key] if key in found else _no_storage(key), size)


def _tar_storages(blob: Blob) -> tuple[dict[str, Blob], dict[str, str]]:
    stream = run(blob, 0)
    check_streams([stream])
    found: dict[str, Blob] = {}
    dtypes: dict[str, str] = {}
    position = stream.end
    for _ in range(_count(stream.value)):
        record = run(blob, position)
        check_streams([record])
        key, _, kind = _three(record.value)
        if not isinstance(kind, Ref) or kind not in STORAGES:
            raise Refused("checkpoint.layout", "a storage is of an unknown type")
        (count,) = struct.unpack("<q", blob.exactly(record.end, 8))
        size = count * WIDTHS[STORAGES[kind]]
        found[str(key)], dtypes[str(key)] = blob.part(record.end + 8, size), STORAGES[kind]
        position = record.end + 8 + size
    views = run(blob, position)
    check_streams([views])
    if views.value != [] or views.end != blob.size:
        raise Refused("checkpoint.unsupported", "its storages are views of one another")
    return found, dtypes


def _tar_tensors(blob: Blob, dtypes: Mapping[str, str]) -> dict[str, TensorRef]:
    stream = run(blob, 0)
    check_streams([stream])
    found: dict[str, TensorRef] = {}
    position = stream.end
    for _ in range(_count(stream.value)):
        record = run(blob, position)
        record.offences = [o for o in record.offences if o.how != "name"]  # torch.FloatTensor and its like
        check_streams([record])
        key, storage, _ = _three(record.value)
        (dimensions,) = struct.unpack("<i", blob.exactly(record.end, 4))
        if not 0 <= dimensions <= 64 or str(storage) not in dtypes:
            raise Refused("checkpoint.layout", "a tensor has no storage or too many dimensions")
        numbers = struct.unpack(f"<{2 * dimensions + 1}q", blob.exactly(record.end + 8, 8 * (2 * dimensions + 1)))
        if min(numbers) < 0:
            raise Refused("checkpoint.layout", "a tensor has a negative size")
        shape, strides, offset = numbers[:dimensions], numbers[dimensions:-1], numbers[-1]
        dtype = dtypes[str(storage)]
        found[str(key)] = TensorRef(Storage(str(storage), dtype, 0), dtype, offset, shape, strides)
        position = record.end + 16 + 16 * dimensions
    if position != blob.size:
        raise Refused("pickle.broken", "bytes follow the end of its tensors")
    return found


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 1_000_000:
        raise Refused("checkpoint.layout", "a count in it cannot be")
    return value


def _three(value: Any) -> tuple[Any, Any, Any]:
    if not isinstance(value, tuple) or len(value) != 3:
        raise Refused("checkpoint.layout", "a record in it is broken")
    return value
