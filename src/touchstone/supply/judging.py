"""One file: told apart by its content, handed to its reader, and the reader's word put into a record."""

from __future__ import annotations

import lzma
import struct
import zlib
from dataclasses import replace

from touchstone.supply import archive_files, text_files, weight_files
from touchstone.supply.blob import Blob
from touchstone.supply.census import digest
from touchstone.supply.content import Content, identify, reads_as_pickle
from touchstone.supply.judgement import Judgement, Made, Surroundings
from touchstone.supply.keras_files import refuse_hdf5
from touchstone.supply.outcome import Kind, Outcome, Product, VettedFile
from touchstone.supply.promises import check_held, check_name
from touchstone.supply.protobuf import NotProtobuf
from touchstone.supply.rules import Held, Refused, Stopped
from touchstone.supply.zip_reader import has_zip_end

_HEADED = frozenset({Content.SAFETENSORS, Content.GGUF, Content.ONNX})
_BROKEN = frozenset({
    "safetensors.header", "safetensors.layout", "gguf.structure", "onnx.structure", "pickle.broken",
})  # fmt: skip
"""Rules for a file that breaks its own format."""
_READER_FAULTS = (
    ValueError, ArithmeticError, LookupError, MemoryError, RecursionError, OSError, EOFError, struct.error, zlib.error,
    lzma.LZMAError, NotProtobuf,
)  # fmt: skip
"""What a reader may trip over in a broken file; nothing of it is a pass."""

Found = tuple[VettedFile, list[Made], list[tuple[VettedFile, list[Made]]]]


def judge(blob: Blob, name: str, around: Surroundings) -> Found:
    """The record of one file, what the working copy will hold of it, and the same for the members of an archive."""
    content = Content.UNKNOWN
    try:
        content = identify(blob, name)
        found = _by_content(blob, name, content, around)
        _check_one_reading(blob, name, content)
        if not blob.unchanged():
            raise Refused("file.changed", "it changed while it was read")
        file = _record(blob, name, found)
        return file, found.made, found.members
    except Stopped as stopped:
        stopped = _graver(blob, name, content, stopped)
        members = stopped.details.pop("members", [])
        return stopped_file(blob, name, content, stopped), [], members
    except _READER_FAULTS as fault:
        what = f"its reader cannot go on ({type(fault).__name__})"
        return stopped_file(blob, name, content, Refused("file.confusing", what)), [], []


def _by_content(blob: Blob, name: str, content: Content, around: Surroundings) -> Judgement:
    if content is Content.SAFETENSORS:
        return weight_files.judge_safetensors(blob, name)
    if content is Content.JSON:
        return text_files.judge_json(blob, name)
    if content is Content.TEXT:
        return _text(blob, name)
    if content is Content.PICKLE:
        return weight_files.judge_pickle(blob, name)
    if content is Content.ZIP:
        return archive_files.judge_zip(blob, name, around, judge)
    if content is Content.TAR:
        return archive_files.judge_tar(blob, name, around, judge)
    if content in (Content.GZIP, Content.BZIP2, Content.XZ):
        return archive_files.judge_compressed(blob, name, str(content), around, judge)
    if content is Content.NPY:
        return weight_files.judge_npy(blob, name)
    if content is Content.ONNX:
        return weight_files.judge_onnx(blob, name, around)
    if content is Content.GGUF:
        return weight_files.judge_gguf(blob, name)
    return _unread(blob, name, content)


def _text(blob: Blob, name: str) -> Judgement:
    if name.endswith(".json"):
        return text_files.judge_json(blob, name)  # which says what is wrong with it
    return text_files.judge_text(blob, name)


def _unread(blob: Blob, name: str, content: Content) -> Judgement:
    """Contents that no reader here takes."""
    if content is Content.EMPTY:
        if text_files.base_name(name).endswith(
            (".safetensors", ".json", ".bin", ".pt", ".pth", ".ckpt", ".npy", ".npz", ".onnx")
        ):
            raise Refused("file.empty", "it is empty")
        return Judgement("nothing", Outcome.ACCEPT, notes=["it is empty, so it is left out of the working copy"])
    if content is Content.HDF5:
        refuse_hdf5(blob)
    if content is Content.PACKED:
        raise Refused("archive.unsupported", "it is a container (7z, zstd, lz4, rar or zlib) that is not unpacked here")
    if content in (Content.SAVED_MODEL, Content.TFLITE):
        raise Refused("format.program", f"it is {content}, the graph of a program")
    if content is Content.OBJECTS:
        raise Refused("format.objects", "it holds objects of R or MATLAB")
    if content is Content.SENTENCEPIECE:
        raise Held("protobuf.unread", "it is a sentencepiece model, which is not read here")
    if content is Content.PROGRAM:
        raise Held("code.file", "it is an executable program or library")
    if content is Content.SCRIPT:
        raise Held("code.file", "it is program code")
    if name.endswith((".safetensors", ".json", ".npy", ".npz", ".gguf")):
        raise Refused(
            "file.mismatch", "its content is not what its name says, and no reader here knows it", kind=Kind.MALFORMED
        )
    raise Held("file.unknown", "no reader here knows its content")


def _check_one_reading(blob: Blob, name: str, content: Content) -> None:
    """That nobody else would read the file as something else."""
    check_name(name, content)
    if content is not Content.ZIP and has_zip_end(blob):
        raise Refused("file.polyglot", f"it is {content} and ends as a zip archive")
    if content in _HEADED and reads_as_pickle(blob):
        raise Refused("file.polyglot", f"it is {content} and reads as a pickle that calls functions")


def _graver(blob: Blob, name: str, content: Content, stopped: Stopped) -> Stopped:
    """What breaks its own format because a second one hangs on it is more than broken, and so is a false name."""
    if isinstance(stopped, Held):
        try:
            check_held(name, content)
        except Refused as refused:
            refused.details.update(stopped.details)
            return refused
    if stopped.rule.id not in _BROKEN:
        return stopped
    if content is not Content.ZIP and has_zip_end(blob):
        return Refused("file.polyglot", f"it is {content} and ends as a zip archive: {stopped.reason}")
    if content in _HEADED and reads_as_pickle(blob):
        return Refused("file.polyglot", f"it reads as a pickle that calls functions: {stopped.reason}")
    return stopped


def _record(blob: Blob, name: str, found: Judgement) -> VettedFile:
    sha256 = found.sha256 or digest(blob.chunks())
    products = tuple(_product(made, blob, sha256) for made in found.made)
    return VettedFile(
        name, blob.size, sha256, found.format, found.outcome, notes=tuple(found.notes), products=products, details=found.details,
    )  # fmt: skip


def _product(made: Made, blob: Blob, sha256: str) -> Product:
    same = getattr(made.chunks, "__self__", None) is blob
    return Product(made.name, sha256 if same else made.sha256 or digest(made.chunks()), made.size)


def refused_file(file: VettedFile, refused: Refused) -> VettedFile:
    """A file that its own reader took, and that is refused for what stands around it."""
    return replace(
        file, outcome=Outcome.REFUSE, kind=refused.kind, rule=refused.rule.id, reason=refused.reason,
        remedy=refused.remedy, products=(),
    )  # fmt: skip


def stopped_file(blob: Blob, name: str, content: Content, stopped: Stopped) -> VettedFile:
    """The record of a file that is refused or held."""
    sha256 = str(stopped.details.pop("sha256", "")) or _digest_or_nothing(blob)
    outcome = Outcome.HOLD if isinstance(stopped, Held) else Outcome.REFUSE
    return VettedFile(
        name, blob.size, sha256, str(content), outcome, stopped.kind if outcome is Outcome.REFUSE else None, stopped.rule.id,
        stopped.reason, stopped.remedy, details=stopped.details,
    )  # fmt: skip


def _digest_or_nothing(blob: Blob) -> str:
    try:
        return digest(blob.chunks())
    except (Refused, OSError):
        return ""
