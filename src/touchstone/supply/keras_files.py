"""Keras models and HDF5: never opened, but looked at closely enough to say why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from touchstone.supply.blob import Blob
from touchstone.supply.rules import Refused
from touchstone.supply.strict_json import parse_json

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_RUNNING_LAYER = re.compile(
    rb'"class_name"\s*:\s*"(?:[^"]{0,80}>)?(Lambda|TFSMLayer|TorchModuleWrapper|FlaxLayer|JaxLayer)"'
)
_MODEL_CONFIG = b"model_config"
_RUNNING = frozenset({"Lambda", "TFSMLayer", "TorchModuleWrapper", "FlaxLayer", "JaxLayer", "__lambda__"})
_OWN = ("keras", "keras_hub", "keras_nlp", "keras_cv", "tf_keras", "tensorflow.keras", "builtins")
_SCAN = 8 << 20


def refuse_hdf5(blob: Blob, within: str = "it") -> None:
    """Say why an HDF5 file is not opened.

    Raises
    ------
    Refused
        always; hostile where it carries code or points to other files
    """
    code, config, outside = False, False, False
    for data in _overlapping(blob):
        code = code or bool(_RUNNING_LAYER.search(data))
        config = config or _MODEL_CONFIG in data
        outside = outside or _points_outside(data)
    if code:
        raise Refused("keras.code", f"{within} holds a Keras model with a layer that runs code (Lambda or its like)")
    if outside:
        raise Refused("hdf5.links", f"{within} is HDF5 with a link to another file")
    if config:
        raise Refused("keras.model", f"{within} is a Keras model in HDF5")
    raise Refused("hdf5.file", f"{within} is HDF5")


def _overlapping(blob: Blob) -> Iterator[bytes]:
    for start in range(0, blob.size, _SCAN):
        yield blob.read(start, _SCAN + 4096)


def _points_outside(data: bytes) -> bool:
    """Whether an external link stands in the data: type 64, a name, and a value of flags, file and object.

    An attack may hide better than this; the file is refused in any case, and only the word would be milder.
    """
    return any(_link_at(data, found.start()) for found in re.finditer(rb"\x01[\x08-\x1f]\x40", data))


def _link_at(data: bytes, at: int) -> bool:
    flags = data[at + 1]
    position = at + 3 + (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
    width = 1 << (flags & 3)
    size = int.from_bytes(data[position : position + width], "little")
    position += width + size
    length = int.from_bytes(data[position : position + 2], "little")
    value = data[position + 2 : position + 2 + length]
    return (
        0 < size < 4096
        and 4 <= length == len(value)
        and value[0] == 0
        and value.count(b"\0") >= 3
        and value.endswith(b"\0")
    )


def refuse_keras(members: Mapping[str, Blob]) -> None:
    """Say why a .keras archive is not opened.

    Raises
    ------
    Refused
        always; hostile where its configuration or weights carry code or point to other files
    """
    for name in ("config.json", "metadata.json"):
        if name in members:
            data = members[name].read(0, members[name].size)
            members[name].work.spend_on_json(data)
            value = parse_json(data)
            for what in _running(value):
                raise Refused("keras.code", f"its {name} asks for {what}, which runs code when the model is loaded")
    for name, blob in sorted(members.items()):
        if blob.read(0, 8) == HDF5_MAGIC:
            try:
                refuse_hdf5(blob, f"its member {name}")
            except Refused as refused:
                if refused.rule.id in ("keras.code", "hdf5.links"):
                    raise
    raise Refused("keras.model", "it is a Keras model")


def _running(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        if not isinstance(item, dict):
            continue
        waiting.extend(item.values())
        kind, module = item.get("class_name"), item.get("module")
        if isinstance(kind, str) and kind.split(">")[-1] in _RUNNING:
            yield f"a layer of type {kind.split('>')[-1]}"
        elif isinstance(module, str) and not module.startswith(_OWN) and "class_name" in item:
            yield f"{ascii(module)[1:-1][:60]}.{ascii(kind)[1:-1][:60]}"
        elif (
            kind == "function"
            and isinstance(item.get("config"), str)
            and item["config"] not in ("relu", "linear")
            and module == "builtins"
        ):
            yield f"the function {ascii(item['config'])[1:-1][:60]}"
