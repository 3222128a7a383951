"""Pickles written opcode by opcode, so that no object of Python is made and nothing hostile is ever imported."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile

PROTO4 = b"\x80\x04"
STOP = b"."


def text(value: str) -> bytes:
    """SHORT_BINUNICODE or BINUNICODE."""
    data = value.encode()
    return b"\x8c" + bytes([len(data)]) + data if len(data) < 256 else b"X" + struct.pack("<I", len(data)) + data


def name(module: str, attribute: str) -> bytes:
    """STACK_GLOBAL."""
    return text(module) + text(attribute) + b"\x93"


def call(module: str, attribute: str, *args: bytes) -> bytes:
    """The body of a pickle that would call a function with these arguments."""
    return name(module, attribute) + b"(" + b"".join(args) + b"tR"


def calling(module: str, attribute: str, *args: bytes) -> bytes:
    """A whole pickle that would call a function."""
    return PROTO4 + call(module, attribute, *args) + STOP


SYSTEM = calling("os", "system", text("true"))
EVIL = calling("builtins", "exec", text("1+1"))


def torch_zip(data_pkl: bytes, members: dict[str, bytes] | None = None, prefix: str = "archive") -> bytes:
    """The layout of torch.save, with a pickle of one's own."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{prefix}/data.pkl", data_pkl)
        for member, data in (members or {}).items():
            archive.writestr(f"{prefix}/{member}", data)
        archive.writestr(f"{prefix}/version", b"3\n")
    return buffer.getvalue()


def zipped(members: dict[str, bytes], *, deflated: bool = False) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED) as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return buffer.getvalue()


def benign_pickle() -> bytes:
    return pickle.dumps({"epoch": 3, "note": "weights"}, protocol=4)


def clean_zip() -> bytes:
    """A checkpoint of two numbers, as torch writes it."""
    body = (
        PROTO4 + b"}" + text("weight") + name("torch._utils", "_rebuild_tensor_v2")
        + b"((" + text("storage") + name("torch", "FloatStorage") + text("0") + text("cpu") + b"K\x02tQ"
        + b"K\x00(K\x02t(K\x01t\x89" + name("collections", "OrderedDict") + b")RtRs."
    )  # fmt: skip
    return torch_zip(body, {"data/0": struct.pack("<2f", 0.5, -1.0)})
