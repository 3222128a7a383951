"""Every rule of vetting that can stop a file: what it means, what the danger is, and the way to the same weights.

A reader raises :class:`Refused` or :class:`Held` with the id of a row and what it saw; the row carries the words that
are the same for every file, so that a page of the catalogue can be written from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from touchstone.supply.outcome import Kind

_HOSTILE, _MALFORMED, _UNSUPPORTED = Kind.HOSTILE, Kind.MALFORMED, Kind.UNSUPPORTED

_AGAIN = "fetch the file again from its publisher and compare its SHA-256 with the one published there"
_STATE_DICT = (
    "where the source is trusted, open it there in a throw-away machine and save the weights alone: "
    "safetensors.torch.save_file(model.state_dict(), 'model.safetensors')"
)
_PUBLISHER = "do not open it; tell the publisher or the hub, and take a safetensors file of the same model from a source you trust"
_WITHOUT_CODE = (
    "take a model whose configuration names no code of its own, or one whose architecture is part of transformers"
)
_UNPACK = "unpack it yourself, look at what is in it, and vet the folder"


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to stop a file."""

    id: str
    title: str
    danger: str
    """What could happen if the file were opened by the usual library."""
    way: str
    """How to get the same weights safely."""
    kind: Kind | None
    """None where the file is held for a person to look at."""


class Stopped(Exception):
    """A reader will not take a file; ``rule`` is a row of :data:`RULES`."""

    def __init__(
        self,
        rule: str,
        reason: str,
        *,
        remedy: str = "",
        kind: Kind | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(reason)
        self.rule = RULES[rule]
        self.reason = reason
        self.remedy = remedy or self.rule.way
        self.kind = kind or self.rule.kind
        self.details = dict(details or {})


class Refused(Stopped):
    """The file is refused."""


class Held(Stopped):
    """A person must look at the file."""


def _row(id: str, kind: Kind | None, title: str, danger: str, way: str) -> Rule:
    return Rule(id, title, danger, way, kind)


_ROWS = (
    # any file
    _row(
        "file.truncated", _MALFORMED, "A file that is cut short",
        "Its sizes announce more bytes than there are; readers differ in what they make of that.", _AGAIN,
    ),
    _row(
        "file.changed", _MALFORMED, "A file that changed while it was read",
        "What was looked at is not what would be loaded.", "let the download or copy finish, then vet again",
    ),
    _row(
        "file.unreadable", _MALFORMED, "A file that cannot be opened",
        "What was not read cannot be vouched for.", "check the permissions and vet again",
    ),
    _row(
        "file.special", _HOSTILE, "A link out of a model, a pipe or a device",
        "A link that leaves the model's folder leads to any file of the computer; a pipe or device can block a reader or feed it without end.",
        "replace it by a regular file with the content that belongs there",
    ),
    _row(
        "file.polyglot", _HOSTILE, "One file that reads as two formats",
        "A scanner reads one of them, the loading library the other.", _PUBLISHER,
    ),
    _row(
        "file.mismatch", _HOSTILE, "A name that tells of another content",
        "Tools choose the reader by the name; a pickle named .safetensors or .json, or a program named .txt, slips past what skips such names.", _PUBLISHER,
    ),
    _row(
        "file.empty", _MALFORMED, "An empty file where weights or settings should be",
        "It hides a download that broke off.", _AGAIN,
    ),
    _row(
        "file.budget", _MALFORMED, "More than vetting will unfold",
        "A small file can unfold to fill memory, disk or hours.", _AGAIN,
    ),
    _row(
        "file.work", _UNSUPPORTED, "More to read than data of its size need",
        "A small file can be written so that every tool which opens it is busy for minutes.",
        "take the same weights as safetensors; unpack an archive yourself and vet the folder",
    ),
    _row(
        "file.pointer", _MALFORMED, "A pointer where the file itself should be",
        "Git LFS keeps large files elsewhere; this is the note that says where.",
        "fetch the content with `git lfs pull`, or download the file itself, then vet again",
    ),
    _row(
        "file.time", None, "A file that vetting had no time for",
        "What was not read cannot be vouched for.", "vet it alone, or with more time",
    ),
    _row(
        "file.confusing", _MALFORMED, "A file that makes no sense to its reader",
        "A reader that guesses can be led to guess wrongly.", _AGAIN,
    ),
    # safetensors
    _row(
        "safetensors.header", _MALFORMED, "A safetensors header that breaks the format",
        "Readers that disagree on a broken header load different weights from one file.", _AGAIN,
    ),
    _row(
        "safetensors.layout", _MALFORMED, "Tensors that overlap, leave gaps or miss the end of the file",
        "Hidden bytes can carry a second file; overlapping ranges let one tensor change another.", _AGAIN,
    ),
    _row(
        "weights.not_finite", None, "Weights that are not numbers",
        "NaN or infinity in the weights spoils every prediction and can hide a broken conversion.",
        "fetch the file again; if it stays so, ask the publisher, or take another revision",
    ),
    # JSON and configuration
    _row(
        "json.strict", _MALFORMED, "JSON that breaks the format",
        "Doubled keys, NaN or endless nesting are read differently by different libraries.", _AGAIN,
    ),
    _row(
        "config.code", _HOSTILE, "Settings that call for code",
        "Loading libraries import and run what such a setting names, some of them even where remote code is switched off.", _WITHOUT_CODE,
    ),
    _row(
        "config.yaml", _HOSTILE, "YAML that builds objects",
        "YAML tags and Hydra targets import a name and call it while the file is read.", _WITHOUT_CODE,
    ),
    _row(
        "config.doubtful", None, "Settings that a person should look at",
        "They point outside of the model or ask for a method that is not known here.",
        "look at the setting; if it is harmless, take it out of your copy and vet that",
    ),
    _row(
        "config.template", None, "A chat template that reaches for Python's inner names",
        "Templates are programs; rendered without a sandbox, such names lead to running commands.",
        "take the template out of your copy: a classifier never renders it; then vet again",
    ),
    _row(
        "index.escape", _HOSTILE, "A shard index that points outside of the model",
        "The loader would open any file of the computer as weights.", _PUBLISHER,
    ),
    _row(
        "index.shards", _MALFORMED, "A shard index that does not agree with the shards",
        "Missing or misplaced tensors are filled with random numbers by some loaders.", "fetch the whole model again",
    ),
    # pickles
    _row(
        "pickle.call", _HOSTILE, "A pickle that calls a function",
        "Opening it runs the function with the rights of whoever opens it; no scanner's list of bad names is complete.", _PUBLISHER,
    ),
    _row(
        "pickle.class", _UNSUPPORTED, "A pickle of objects, not of weights alone",
        "Opening it imports and runs code of the packages it names.", _STATE_DICT,
    ),
    _row(
        "pickle.broken", _MALFORMED, "A pickle that breaks off or goes on after its end",
        "What stands before the break has run by the time a loader notices it (nullifAI); what stands after the end is another stream.", _AGAIN,
    ),
    _row(
        "pickle.nested", _UNSUPPORTED, "A pickle inside a pickle",
        "The inner one is opened by a second, unguarded call.",
        "save the weights with torch.save(model.state_dict(), ...) or as safetensors instead of pickle.dump",
    ),
    _row(
        "checkpoint.layout", _MALFORMED, "A checkpoint whose tensors do not fit their storage",
        "A tensor that reaches beyond its storage reads, or writes, foreign memory (CVE-2026-24747).", _AGAIN,
    ),
    _row(
        "checkpoint.foreign", _HOSTILE, "A checkpoint with members that do not belong to it",
        "A clean part is shown to the scanner while another one is loaded.", _PUBLISHER,
    ),
    _row(
        "checkpoint.unsupported", _UNSUPPORTED, "A checkpoint with parts that have no place in safetensors",
        "Nothing that we know of; it is not opened because its meaning cannot be carried over exactly.", _STATE_DICT,
    ),
    # containers
    _row(
        "zip.structure", _MALFORMED, "A zip archive whose records disagree",
        "Readers that trust different records see different members: the known way past scanners.", _AGAIN,
    ),
    _row(
        "archive.path", _HOSTILE, "An archive member that would be written outside",
        "Unpacking overwrites files elsewhere on the computer.", _PUBLISHER,
    ),
    _row(
        "archive.link", _HOSTILE, "An archive with links or devices",
        "A link followed by a file through it writes outside of the folder.", _PUBLISHER,
    ),
    _row(
        "archive.bomb", _HOSTILE, "An archive that unfolds to far more than it is",
        "It fills memory or disk of whatever unpacks it.", _PUBLISHER,
    ),
    _row(
        "archive.depth", _UNSUPPORTED, "Archives inside archives inside archives",
        "Deep nesting hides content from those who look.", _UNPACK,
    ),
    _row(
        "archive.unsupported", _UNSUPPORTED, "A container that is not unpacked here",
        "Its content cannot be seen; a pickle wrapped in 7z got past a hub's scanner in 2025 (nullifAI).", _UNPACK,
    ),
    _row("archive.broken", _MALFORMED, "A compressed file that breaks off", "What cannot be unpacked cannot be seen.", _AGAIN),
    # arrays
    _row(
        "numpy.objects", _HOSTILE, "An array file that holds Python objects",
        "numpy opens it with pickle, which runs what it names.",
        "where the source is trusted, save it there again with a number type: numpy.save(path, array.astype('float32'))",
    ),
    _row(
        "numpy.header", _MALFORMED, "An array file whose header breaks the format",
        "A header that claims more than the file holds makes readers reserve memory without end.", _AGAIN,
    ),
    _row(
        "numpy.type", _UNSUPPORTED, "An array of something that is not numbers",
        "Nothing that we know of; text, records and dates are no weights.", "save the numbers alone, as float or integer arrays",
    ),
    # formats that hold programs, or that are not read here
    _row(
        "format.program", _UNSUPPORTED, "A format that holds a program",
        "Its file is code of a model, run by the library that loads it; it cannot be told from data.",
        "take the safetensors file of the same model, or export the weights alone where the source is trusted",
    ),
    _row(
        "format.objects", _UNSUPPORTED, "A format that rebuilds objects of a library",
        "Opening it imports and runs code of the packages it names.", _STATE_DICT,
    ),
    _row(
        "keras.code", _HOSTILE, "A Keras model that carries code",
        "Lambda, TFSMLayer and functions by module name run code when the model is loaded, also where safe mode is on (CVE-2025-1550).",
        "ask for the model without Lambda layers, or for its weights alone",
    ),
    _row(
        "keras.model", _UNSUPPORTED, "A Keras model file",
        "Loading it builds layers from names in the file; several ways to run code through it were found in 2024 to 2026.",
        "where the source is trusted: model.load there, then save the weights as safetensors (safetensors.numpy.save_file)",
    ),
    _row(
        "hdf5.links", _HOSTILE, "HDF5 that points to other files",
        "External links and storage read any file of the computer into the weights.", _PUBLISHER,
    ),
    _row(
        "hdf5.file", _UNSUPPORTED, "An HDF5 file",
        "HDF5 is a file system of its own, with links to other files and readers in C that have been attacked.",
        "where the source is trusted: read it with h5py there and save the arrays with safetensors.numpy.save_file",
    ),
    _row(
        "onnx.external", _HOSTILE, "An ONNX model whose weights point outside of its folder",
        "The reader opens any file of the computer as weights (CVE-2022-25882 and its successors).", _PUBLISHER,
    ),
    _row(
        "onnx.domain", None, "An ONNX model with operators of its own",
        "Operators of foreign domains are run by libraries that come with them; some run Python.",
        "look at what the operators are; take a model of standard ONNX operators or its safetensors file",
    ),
    _row(
        "onnx.structure", _MALFORMED, "An ONNX file that breaks the format",
        "Readers in C that trust its sizes can be led outside of their memory.", _AGAIN,
    ),
    _row(
        "onnx.unsupported", _UNSUPPORTED, "An ONNX model with tensors that have no place in safetensors",
        "Nothing that we know of; it is not opened because its meaning cannot be carried over exactly.",
        "export the model with float or integer weights",
    ),
    _row(
        "gguf.structure", _MALFORMED, "A GGUF file that breaks the format",
        "A count without bound makes readers reserve memory without end.", _AGAIN,
    ),
    _row(
        "gguf.quantised", _UNSUPPORTED, "A GGUF file with packed weights",
        "Nothing that we know of; block-packed numbers have no place in safetensors.",
        "take the safetensors file of the model that it was packed from",
    ),
    _row(
        "protobuf.unread", None, "A protobuf file that is not read here",
        "Nothing that we know of; its reader is C++ and is not given unvetted bytes.",
        "use the tokenizer.json of the same model; this file is then not needed",
    ),
    # what a person must look at
    _row(
        "code.file", None, "Program code beside the weights",
        "It is never imported here; another library may do so when it is asked to trust remote code.",
        "leave it out of your copy: nothing here needs it; then vet again",
    ),
    _row(
        "file.unknown", None, "A file that no reader here knows",
        "What was not read cannot be vouched for.", "leave it out of your copy: no other file refers to it; then vet again",
    ),
)  # fmt: skip

RULES: Mapping[str, Rule] = {row.id: row for row in _ROWS}
