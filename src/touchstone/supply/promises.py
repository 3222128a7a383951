"""What a file's name promises about its content: tools choose their reader by it, so the two must agree."""

from __future__ import annotations

from touchstone.supply.content import Content
from touchstone.supply.outcome import Kind
from touchstone.supply.rules import Refused
from touchstone.supply.text_files import DOCUMENT, base_name

_WEIGHTS = frozenset({
    Content.PICKLE, Content.ZIP, Content.TAR, Content.GZIP, Content.BZIP2, Content.XZ, Content.PACKED, Content.UNKNOWN,
})  # fmt: skip
_TEXT = frozenset({Content.TEXT, Content.JSON})
_CODE = _TEXT | {Content.SCRIPT}
_RUN = frozenset({Content.PROGRAM, Content.SCRIPT})
_DATA = frozenset(Content) - _RUN - {Content.PICTURE, Content.MEDIA, Content.PDF, Content.TABLE}
"""Of these names many tools make their own use: all that is promised is data of a model."""
_FITTING: dict[str, frozenset[Content]] = {
    ".safetensors": frozenset({Content.SAFETENSORS}),
    ".json": frozenset({Content.JSON}),
    ".npy": frozenset({Content.NPY}),
    ".npz": frozenset({Content.ZIP}),
    ".gguf": frozenset({Content.GGUF}),
    ".onnx": frozenset({Content.ONNX}),
    ".h5": frozenset({Content.HDF5}),
    ".hdf5": frozenset({Content.HDF5}),
    ".keras": frozenset({Content.ZIP, Content.HDF5}),
    ".pdf": frozenset({Content.PDF}),
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".bin", ".th", ".pkl", ".pickle", ".joblib", ".tar", ".zip"), _WEIGHTS),
    **dict.fromkeys(
        (".7z", ".bz2", ".gz", ".lz4", ".model", ".msgpack", ".pb", ".pt2", ".rar", ".skops", ".tflite", ".tgz", ".xz", ".zst"),
        _DATA,
    ),
    **dict.fromkeys((".jsonl", ".txt", ".md", ".rst", ".yaml", ".yml", ".csv", ".tsv", ".toml", ".ini", ".cfg", ".jinja"), _TEXT),
    **dict.fromkeys((".py", ".sh", ".bash", ".js", ".rb", ".pl", ".php", ".lua", ".html", ".svg"), _CODE),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp", ".tif", ".tiff", ".bmp"), frozenset({Content.PICTURE})),
}  # fmt: skip
_UNTOLD = frozenset({Content.EMPTY, Content.TEXT, Content.UNKNOWN})
"""What has no mark of its own: it belongs to no other kind for certain."""
_HOSTILE = _RUN | {Content.PICKLE, Content.ZIP, Content.TAR}


def check_name(name: str, content: Content) -> None:
    """That a file which its reader took is what its name says; an empty one is.

    Raises
    ------
    Refused
        where it is another content, for a tool that goes by names would read it as something else
    """
    short = base_name(name)
    suffix = "." + short.rsplit(".", 1)[-1].lower() if "." in short else ""
    fitting = _TEXT if not suffix and DOCUMENT.fullmatch(short) else _FITTING.get(suffix)
    if fitting is not None and content is not Content.EMPTY and content not in fitting:
        kind = Kind.HOSTILE if content in _HOSTILE else Kind.MALFORMED
        raise Refused("file.mismatch", f"it is named {ascii(short)[1:-1][:80]} and holds {content}", kind=kind)


def check_held(name: str, content: Content) -> None:
    """The same of a file that would be held: only what a mark tells to be of another kind is refused."""
    if content not in _UNTOLD:
        check_name(name, content)
