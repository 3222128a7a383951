"""Which weight files a model folder has, and whether their numbers are numbers."""

from __future__ import annotations

from pathlib import Path

from touchstone.core.errors import Fault, ModelFilesError
from touchstone.supply.json_config import read_config
from touchstone.supply.safetensors_header import Tensor

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.h5", "*.msgpack")
_CHUNK = 1 << 22  # elements looked at in one go


def find_weights(folder: Path) -> tuple[Path, ...]:
    """The safetensors files of a model: one, or the shards that its index names.

    Raises
    ------
    ModelFilesError
        where there is none, where only pickled weights are, or where a shard is missing or lies elsewhere
    """
    if (folder / SINGLE).is_file():
        return (folder / SINGLE,)
    if (folder / INDEX).is_file():
        return _shards(folder)
    pickled = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
    if pickled:
        what = f"no safetensors weights, only {pickled[0]}, which can run code when it is opened"
        raise ModelFilesError(Fault(str(folder), what, "save the model as safetensors"))
    raise ModelFilesError(Fault(str(folder), f"no {SINGLE}", "give a folder saved by save_pretrained"))


def _shards(folder: Path) -> tuple[Path, ...]:
    listed = read_config(folder / INDEX).get("weight_map")
    if not isinstance(listed, dict) or not listed:
        raise ModelFilesError(Fault(str(folder / INDEX), "names no shard"))
    names = sorted({str(name) for name in listed.values()})
    for name in names:
        if Path(name).name != name or not name.endswith(".safetensors"):
            raise ModelFilesError(Fault(str(folder / INDEX), f"names {name!r}, no safetensors file of this folder"))
        if not (folder / name).is_file():
            raise ModelFilesError(Fault(str(folder), f"shard {name} is missing", "fetch the model again"))
    return tuple(folder / name for name in names)


def not_finite(path: Path, tensors: tuple[Tensor, ...]) -> tuple[str, ...]:
    """Names of the tensors of one file that hold a NaN or an infinity.

    Parameters
    ----------
    path : a safetensors file whose header has been checked
    tensors : its tensors; whole numbers and 8-bit floats are passed over

    Notes
    -----
    A float is not finite exactly where every exponent bit is set, so the bits are enough, also for bfloat16.
    """
    import numpy as np

    masks = {"F16": ("<u2", 0x7C00), "BF16": ("<u2", 0x7F80), "F32": ("<u4", 0x7F800000), "F64": ("<u8", 0x7FF << 52)}
    found = []
    for tensor in tensors:
        if tensor.dtype not in masks or not tensor.size:
            continue
        kind, mask = masks[tensor.dtype]
        bits = np.memmap(path, dtype=kind, mode="r", offset=tensor.start, shape=(tensor.size,))
        exponent = bits.dtype.type(mask)
        if any(bool(((bits[i : i + _CHUNK] & exponent) == exponent).any()) for i in range(0, tensor.size, _CHUNK)):
            found.append(tensor.name)
    return tuple(found)
