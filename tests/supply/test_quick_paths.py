"""What is done on the spot, together or at a glance says the same as what is done the long way."""

from __future__ import annotations

import json
import re
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchstone.supply import census, member_names, pickle_machine
from touchstone.supply.blob import Memory
from touchstone.supply.member_names import check_name
from touchstone.supply.pickle_machine import Stream
from touchstone.supply.pickle_reader import run
from touchstone.supply.rules import Refused
from touchstone.supply.safetensors_header import parse_header
from touchstone.supply.work import Work

_UNITS = (
    b"N", b"(", b"t", b"\x85", b"\x86", b"0", b"K\x07", b"q\x01", b"h\x01", b"r\x01\x00\x00\x00", b"j\x01\x00\x00\x00",
    b"j\x09\x00\x00\x00", b"X\x03\x00\x00\x00abc", b"X\x01\x00\x00\x00\xff", b"X\xff\xff\xff\x7f", b"]", b"a", b"\x94",
    b"}", b"s", b"e", b"Q", b"q", b"r\x01", b"X\x02", b".", b"\x00",
)  # fmt: skip


def followed(data: bytes, window: int) -> tuple[object, ...]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pickle_machine, "_WINDOW", window)
        stream: Stream = run(Memory(data), 0, lambda identity: ("resolved", identity), Work(1 << 30))
    return repr(stream.value), stream.fault, stream.end, stream.n_calls, len(stream.offences)


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from(_UNITS), max_size=40).map(b"".join))
def test_opcodes_on_the_spot_do_what_they_do_elsewhere(data: bytes) -> None:
    at_once, in_pieces = followed(data, 1 << 16), followed(data, 1)
    if at_once[1].startswith("an opcode finds nothing") or in_pieces[1].startswith("an opcode finds nothing"):
        at_once, in_pieces = at_once[3:], in_pieces[3:]  # both must break, in whatever words
    assert at_once == in_pieces


def test_a_memory_that_is_full_is_full_on_the_spot_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickle_machine, "MAXIMUM_MEMO", 2)
    same, more = b"Nq\x00q\x01q\x00r\x01\x00\x00\x00.", b"Nq\x00q\x01r\x02\x00\x00\x00."
    assert not run(Memory(same + bytes(9))).fault
    assert "remembers more" in run(Memory(more + bytes(9))).fault
    assert "remembers more" in run(Memory(b"Nq\x00q\x01q\x02." + bytes(9))).fault


@settings(max_examples=500, deadline=None)
@given(st.text("aN1.-_/ ~\\:\u00e9coOnul", max_size=12))
def test_names_that_pass_at_a_glance_pass_when_they_are_read(name: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if member_names._PLAIN.fullmatch(name):
            patch.setattr(member_names, "_PLAIN", re.compile("(?!)"))
            assert check_name(name) == name


@pytest.mark.parametrize(
    "name", ["con", "a/CON", "a/nul.txt", "lpt1/x", "a/COM3.b.c", "aux/", ".", "a..", "../a", "a//b"]
)
def test_no_odd_name_passes_at_a_glance(name: str) -> None:
    with pytest.raises(Refused):
        check_name(name)


numbers = st.one_of(
    st.just(0.0),
    st.floats(-(2.0**100), 2.0**100, width=32),
    st.sampled_from([float("nan"), float("inf"), -float("inf"), 2.0]),
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["F32", "F64", "C64", "F16", "I64"]), st.lists(numbers, max_size=4)), max_size=8)
)
def test_neighbours_counted_together_count_as_they_do_alone(tensors: list[tuple[str, list[float]]]) -> None:
    head, data = {}, b""
    for i, (dtype, values) in enumerate(tensors):
        some = values if dtype != "C64" else values[: len(values) // 2 * 2]
        piece = (
            struct.pack(f"<{len(some)}{'d' if dtype == 'F64' else 'f'}", *some)
            if dtype in ("F32", "F64", "C64")
            else bytes([i % 3]) * len(some) * (2 if dtype == "F16" else 8)
        )
        shape = [len(some) // 2 if dtype == "C64" else len(some)]
        head[f"t{i}"] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(piece)]}
        data += piece
    text = json.dumps(head).encode()
    whole = struct.pack("<Q", len(text)) + text + data
    header = parse_header(Memory(whole))
    together = census.count(header, iter((whole,)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(census, "_SMALL", 0)
        alone = census.count(header, iter((whole[:5], whole[5:])))
    assert together == alone
