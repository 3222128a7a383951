"""Reading a safetensors header: what keeps to the format is described, everything else refused in one line."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from touchstone.core.errors import ModelFilesError
from touchstone.supply.safetensors_header import read_header


def _write(path: Path, entries: object, data: bytes = b"", size: int | None = None) -> Path:
    raw = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    path.write_bytes((len(raw) if size is None else size).to_bytes(8, "little") + raw + data)
    return path


def test_describes_what_the_library_wrote(tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "a": np.zeros((2, 3), np.float32),
        "b": np.ones(4, np.float16),
        "c": np.array(5, np.int64),
    }
    save_file(values, tmp_path / "x.safetensors", {"format": "pt"})
    header = read_header(tmp_path / "x.safetensors")
    assert {t.name: (t.dtype, t.shape) for t in header.tensors} == {
        "a": ("F32", (2, 3)), "b": ("F16", (4,)), "c": ("I64", ()),
    }  # fmt: skip
    assert header.metadata == {"format": "pt"}


F4 = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


@pytest.mark.parametrize(
    ("entries", "data", "size"),
    [
        ({"a": F4}, b"1234", 1 << 60),
        ({"a": F4}, b"1234", 5_000),
        (b"[1, 2]", b"", None),
        (b"{,}", b"", None),
        (b"\xff\xfe{}", b"", None),
        (b'{"a": {}, "a": {}}', b"", None),
        ({"a": F4}, b"123", None),
        ({"a": F4}, b"12345", None),
        ({"a": {**F4, "dtype": "X9"}}, b"1234", None),
        ({"a": {**F4, "shape": [2]}}, b"1234", None),
        ({"a": {**F4, "shape": [-1]}}, b"1234", None),
        ({"a": {**F4, "shape": [True]}}, b"1234", None),
        ({"a": {**F4, "data_offsets": [0, 4, 8]}}, b"1234", None),
        ({"a": F4, "b": F4}, b"1234", None),
        ({"a": {**F4, "data_offsets": [4, 8]}}, b"12345678", None),
        ({"a": F4, "__metadata__": {"x": 1}}, b"1234", None),
        ({"a": None}, b"", None),
    ],
)
def test_refuses_a_header_that_lies(entries: object, data: bytes, size: int | None, tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError) as caught:
        read_header(_write(tmp_path / "x.safetensors", entries, data, size))
    assert "\n" not in str(caught.value)


def test_refuses_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"")
    with pytest.raises(ModelFilesError, match="cut short"):
        read_header(tmp_path / "x.safetensors")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80))
def test_no_bytes_at_all_make_it_fail_otherwise(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "x.safetensors"
    path.write_bytes(raw)
    with contextlib.suppress(ModelFilesError):
        read_header(path)
