"""Weights: read as they are, or turned into safetensors, and the result read again like a fresh file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from touchstone.supply.blob import Blob, Memory
from touchstone.supply.census import Census, count
from touchstone.supply.gguf_reader import read_gguf
from touchstone.supply.judgement import Judgement, Made, Surroundings
from touchstone.supply.npy_reader import read_npy
from touchstone.supply.onnx_reader import read_onnx
from touchstone.supply.outcome import Outcome
from touchstone.supply.rules import Held
from touchstone.supply.safetensors_header import MAXIMUM_HEADER_BYTES, parse_header
from touchstone.supply.state_dict import Converted, files_of
from touchstone.supply.tensors import Layout, TensorFile
from touchstone.supply.torch_files import is_legacy, read_legacy, read_pickle
from touchstone.supply.work import CONVERTED, TENSOR
from touchstone.supply.zip_reader import Member, open_member

_MOST_NAMES = 200_000


def judge_safetensors(blob: Blob, name: str) -> Judgement:
    """A safetensors file: header, then census and SHA-256 in the one pass over its bytes."""
    _spend_on_header(blob)
    header = parse_header(blob)
    census, sha256 = count(header, blob.chunks())
    names = [tensor.name for tensor in header.tensors[:_MOST_NAMES]]
    details = {"census": census.as_data(), "tensors": names, "sha256": sha256}
    _check_numbers(census, details)
    return Judgement("safetensors", Outcome.ACCEPT, [Made.of_blob(name, blob)], _notes(census), details, sha256)


def _spend_on_header(blob: Blob) -> None:
    size = min(int.from_bytes(blob.read(0, 8), "little"), MAXIMUM_HEADER_BYTES)
    blob.work.spend(TENSOR * blob.read(8, size).count(b"{"))


def _check_numbers(census: Census, details: Mapping[str, object]) -> None:
    if census.n_not_finite:
        where = ", ".join(ascii(name)[1:-1][:80] for name in census.not_finite[:3])
        what = f"{census.n_not_finite:,} of its {census.n_elements:,} numbers are NaN or infinite (in {where})"
        raise Held("weights.not_finite", what, details=details)


def _notes(census: Census) -> list[str]:
    notes = []
    if census.n_zero:
        notes.append(f"{census.n_zero:,} of its {census.n_tensors:,} tensors are zero throughout")
    if census.n_constant:
        notes.append(f"{census.n_constant:,} of its {census.n_tensors:,} tensors are one number throughout")
    return notes


def reviewed(file: TensorFile) -> tuple[Census, str]:
    """Header and numbers of a file to be, read by the same reader as a fresh one; also its SHA-256.

    The reader's own refusal here would be a fault of the conversion; it stops the file all the same.
    """
    header = parse_header(Memory(file.head), file.size)
    return count(header, file.chunks())


def judge_pickle(blob: Blob, name: str) -> Judgement:
    """A pickle, or a checkpoint of PyTorch before 1.6."""
    if is_legacy(blob):
        return converted(read_legacy(blob), name, "PyTorch checkpoint (before 1.6)")
    return converted(read_pickle(blob), name, "pickle")


def converted(found: Converted, name: str, format: str) -> Judgement:
    """The judgement over a checkpoint whose tensors were laid out."""
    judgement = Judgement(format, Outcome.CONVERT, notes=list(found.notes))
    for part, content in files_of(found, name):
        if isinstance(content, bytes):
            judgement.made.append(Made.of_bytes(part, content))
            continue
        census, sha256 = reviewed(content)
        _check_numbers(census, {"census": census.as_data()})
        judgement.notes += _notes(census)
        judgement.made.append(Made.of_tensors(part, content, sha256))
        if content is found.weights:
            judgement.details.update(
                census=census.as_data(), tensors=list(content.names[:_MOST_NAMES]), aliases=list(found.aliases)
            )
    if found.n_tied:
        judgement.notes.append(f"{found.n_tied:,} tied tensors are kept once, their other names in the file's metadata")
    return judgement


def judge_arrays(layout: Layout, name: str, format: str) -> Judgement:
    """Weights that a reader has laid out, as one safetensors file."""
    return converted(Converted(layout.file() if layout.tensors else None, None, None), name, format)


def judge_npy(blob: Blob, name: str) -> Judgement:
    """One numpy array."""
    layout = Layout(max(16 << 20, 2 * blob.size))
    stem = name.rsplit("/", 1)[-1].removesuffix(".npy")
    layout.add(stem if stem.isprintable() else "array", read_npy(blob))
    return judge_arrays(layout, name, "NumPy array")


def judge_npz(blob: Blob, name: str, members: Iterable[Member]) -> Judgement:
    """Numpy arrays in a zip archive."""
    layout = Layout(max(16 << 20, 64 * blob.size))
    for member in members:
        blob.work.spend(3 * CONVERTED)
        layout.add(member.name.removesuffix(".npy"), read_npy(open_member(blob, member)))
    return judge_arrays(layout, name, "NumPy arrays")


def judge_onnx(blob: Blob, name: str, around: Surroundings) -> Judgement:
    """The weights of an ONNX model."""
    found = read_onnx(blob, around.beside)
    judgement = judge_arrays(found.layout, name, "ONNX")
    judgement.notes.append("only its weights are taken; the graph is not run")
    judgement.details["outside"] = sorted(found.outside)
    return judgement


def judge_gguf(blob: Blob, name: str) -> Judgement:
    """The weights of a GGUF file."""
    return judge_arrays(read_gguf(blob), name, "GGUF")
