"""What a file is, told from its bytes and never from its name."""

from __future__ import annotations

import codecs
import re
from enum import StrEnum

from touchstone.supply.blob import Blob
from touchstone.supply.keras_files import HDF5_MAGIC
from touchstone.supply.npy_reader import MAGIC as NPY_MAGIC
from touchstone.supply.onnx_reader import is_onnx, is_saved_model, is_sentencepiece
from touchstone.supply.pickle_reader import run
from touchstone.supply.rules import Refused
from touchstone.supply.tar_reader import is_tar
from touchstone.supply.torch_files import looks_like_pickle
from touchstone.supply.work import Work

LARGEST_TEXT = 16 << 20


class Content(StrEnum):
    """A kind of content; the value is its name for people."""

    EMPTY = "nothing"
    SAFETENSORS = "safetensors"
    JSON = "JSON"
    TEXT = "text"
    PICKLE = "pickle"
    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    PACKED = "packed archive"
    NPY = "NumPy array"
    HDF5 = "HDF5"
    GGUF = "GGUF"
    ONNX = "ONNX"
    SAVED_MODEL = "TensorFlow SavedModel"
    TFLITE = "TensorFlow Lite"
    SENTENCEPIECE = "sentencepiece model"
    PROGRAM = "program"
    SCRIPT = "script"
    PICTURE = "picture"
    MEDIA = "sound or film"
    PDF = "PDF"
    TABLE = "table or database"
    OBJECTS = "objects of R or MATLAB"
    UNKNOWN = "unknown"


_MAGIC: tuple[tuple[bytes, Content], ...] = (
    (b"PK\x03\x04", Content.ZIP), (b"PK\x05\x06", Content.ZIP), (b"PK\x07\x08", Content.ZIP),
    (b"\x1f\x8b", Content.GZIP), (b"\xfd7zXZ\x00", Content.XZ),
    (b"7z\xbc\xaf\x27\x1c", Content.PACKED), (b"\x28\xb5\x2f\xfd", Content.PACKED), (b"\x04\x22\x4d\x18", Content.PACKED),
    (b"Rar!\x1a\x07", Content.PACKED), (b"LZIP", Content.PACKED), (b"\x5d\x00\x00", Content.PACKED),
    (NPY_MAGIC, Content.NPY), (HDF5_MAGIC, Content.HDF5), (b"GGUF", Content.GGUF),
    (b"\x7fELF", Content.PROGRAM), (b"MZ", Content.PROGRAM), (b"\xfe\xed\xfa\xce", Content.PROGRAM),
    (b"\xfe\xed\xfa\xcf", Content.PROGRAM), (b"\xcf\xfa\xed\xfe", Content.PROGRAM), (b"\xce\xfa\xed\xfe", Content.PROGRAM),
    (b"\xca\xfe\xba\xbe", Content.PROGRAM), (b"\x00asm", Content.PROGRAM),
    (b"RDX2\n", Content.OBJECTS), (b"RDX3\n", Content.OBJECTS), (b"RDA3\n", Content.OBJECTS), (b"X\n\x00\x00\x00", Content.OBJECTS),
    (b"MATLAB 5.0 MAT-file", Content.OBJECTS),
)  # fmt: skip
_PDF = rb"%PDF-[0-9]"
_FOREIGN: tuple[tuple[re.Pattern[bytes], Content], ...] = tuple((re.compile(mark, re.DOTALL), content) for mark, content in (
    (rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|II\*\x00|MM\x00\*|BM....\x00\x00\x00\x00", Content.PICTURE),
    (rb"RIFF....(WAVE|AVI )|OggS\x00|fLaC\x00|ID3[\x02-\x04]|\x00\x00..ftyp|\x1a\x45\xdf\xa3", Content.MEDIA),
    (_PDF, Content.PDF),
    (rb"PAR1\x15|ARROW1\x00\x00|SQLite format 3\x00", Content.TABLE),
))  # fmt: skip
"""Marks of what no reader here takes, and no loader looks for."""
_MARKED_TEXT = ((re.compile(rb"#![ \t]*/[^\s]"), Content.SCRIPT), (re.compile(_PDF), Content.PDF))
_BZIP2 = re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)")
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_SPACE = b" \t\r\n"
_JSON = (".json", ".ipynb")


def identify(blob: Blob, name: str) -> Content:
    """The kind of content; the name only helps to tell JSON from other text, and to say how a file is broken."""
    if blob.size == 0:
        return Content.EMPTY
    head = blob.read(0, 4096)
    for magic, content in _MAGIC:
        if head.startswith(magic) and not (magic.isalnum() and is_text(blob)):  # a card may begin with "GGUF"
            return content
    if _BZIP2.match(head):
        return Content.BZIP2
    if head[4:8] == b"TFL3":
        return Content.TFLITE
    if is_tar(blob):
        return Content.TAR
    broken = name.endswith(".safetensors") and _is_broken_safetensors(head) and not _is_framed_pickle(blob, head)
    if broken or _is_safetensors(head):
        return Content.SAFETENSORS
    if head[:1] == b"\x80" and head[1:2] <= b"\x05":
        return Content.PICKLE
    return _without_magic(blob, head, name)


def _without_magic(blob: Blob, head: bytes, name: str) -> Content:
    text = is_text(blob)
    if text and head.lstrip(_SPACE)[:1] in (b"{", b"["):
        # No pickle begins so. A vocabulary may, with "[PAD]": it is JSON only where its name makes a reader take it so.
        return Content.JSON if name.lower().endswith(_JSON) else Content.TEXT
    stream = run(blob)
    if (stream.n_calls and stream.offences) or (not text and looks_like_pickle(stream)):
        return Content.PICKLE
    if stream.too_long:
        # A pickle may begin with any number of opcodes that do nothing; what was not followed cannot be vouched for.
        raise Refused("file.work", "it reads as a pickle, for more steps than data of its size need")
    if text:
        return next((content for mark, content in _MARKED_TEXT if mark.match(head)), Content.TEXT)
    for mark, content in _FOREIGN:  # after the pickles: they may begin with such bytes
        if mark.match(head):
            return content
    if is_onnx(blob):
        return Content.ONNX
    if is_saved_model(blob):
        return Content.SAVED_MODEL
    if is_sentencepiece(blob):
        return Content.SENTENCEPIECE
    return Content.PACKED if head.startswith(_ZLIB) else Content.UNKNOWN


def is_text(blob: Blob) -> bool:
    """UTF-8 without NUL, in one look for small files and piece by piece for large ones."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in blob.chunks():
            if b"\0" in chunk:
                return False
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def reads_as_pickle(blob: Blob) -> bool:
    """Whether a reader of pickles would call something in these bytes, or could not be followed to the end."""
    stream = run(blob, work=Work(0))
    return stream.too_long or bool(stream.n_calls and stream.offences)


def _is_safetensors(head: bytes) -> bool:
    length = int.from_bytes(head[:8], "little")
    return len(head) > 9 and head[8:9] == b"{" and length < 1 << 48 and b"\0" in head[:8]


def _is_broken_safetensors(head: bytes) -> bool:
    return b"\0" in head[:8] or head[8:9] == b"{"


def _is_framed_pickle(blob: Blob, head: bytes) -> bool:
    """A pickle whose length in its first bytes has the zeros of a safetensors header."""
    return head[:1] == b"\x80" and head[1:2] <= b"\x05" and looks_like_pickle(run(blob, work=Work(0)))
