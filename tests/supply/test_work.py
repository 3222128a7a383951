"""Files written to keep a reader busy are refused (how fast, `python -m benchmarks vetting` tells), and honest ones of the same size are read."""

from __future__ import annotations

import json
import struct

import pytest
import torch

from tests.supply.hostile_list import field, onnx_model
from tests.supply.opcodes import PROTO4, torch_zip, zipped
from tests.supply.state_dicts import LEGACY, ZIP, save
from touchstone.supply.blob import Memory
from touchstone.supply.judgement import Surroundings, nothing_beside
from touchstone.supply.judging import judge
from touchstone.supply.outcome import Outcome, VettedFile
from touchstone.supply.work import LEAST, SMALL, Work

ROOM = SMALL - 200


def judged(name: str, data: bytes) -> VettedFile:
    return judge(Memory(data), name, Surroundings(nothing_beside, lambda: False))[0]


def _filled(unit: bytes) -> bytes:
    return unit * (ROOM // len(unit))


def _header(n: int) -> bytes:
    head = json.dumps({f"t{i}": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]} for i in range(n)}).encode()
    return struct.pack("<Q", len(head)) + head


def _gguf(n: int) -> bytes:
    keys = (struct.pack("<Q", 6) + b"k%05d" % i + struct.pack("<IB", 0, 1) for i in range(n))
    return b"GGUF" + struct.pack("<IQQ", 3, 0, n) + b"".join(keys)


def _tensors(n: int) -> bytes:
    tensor = field(1, 1) + field(2, 1) + field(9, b"1234")
    return onnx_model() + field(7, b"".join(field(5, tensor + field(8, b"w%d" % i)) for i in range(n)))


BUSY = {
    "lists": ("model.pkl", PROTO4 + _filled(b"]") + b"."),
    "values thrown away": ("model.pkl", PROTO4 + _filled(b"N0") + b"N."),
    "memory": ("model.pkl", PROTO4 + _filled(b"N\x94") + b"."),
    "marks": ("model.pkl", PROTO4 + _filled(b"(") + b"."),
    "a dictionary": ("model.pkl", PROTO4 + b"}(" + _filled(b"K\x01K\x02") + b"u."),
    "streams": ("model.pkl", _filled(b"\x80\x04N.")),
    "names": ("model.pkl", PROTO4 + _filled(b"cx\ny\n0") + b"N."),
    "in a checkpoint": ("model.pt", torch_zip(PROTO4 + _filled(b"N0")[:-400] + b"N.")),
    "a text of opcodes": ("notes.txt", b"(" + _filled(b"I1\n") + b"l."),
    "behind no name": ("weights", _filled(b"N0") + b"\xff"),
    "JSON objects": ("config.json", b"[" + _filled(b'{"a":1},') + b"1]"),
    "JSON lists": ("config.json", b"[" + _filled(b"[],") + b"1]"),
    "a template": ("chat_template.jinja", _filled(b"{% if a %}")),
    "a header": ("model.safetensors", _header(16_000)),
    "members": ("weights.zip", zipped({f"{i}.json": b"{}" for i in range(8000)})),
    "arrays": ("arrays.npz", zipped({f"{i}.npy": b"\x93NUMPY\x01\x00" for i in range(6000)})),
    "settings": ("model.gguf", _gguf(40_000)),
    "weights of a graph": ("model.onnx", _tensors(30_000)),
    "nodes of a graph": ("model.onnx", onnx_model() + field(7, field(1, field(4, b"Relu")) * 100_000)),
}


@pytest.mark.parametrize("what", BUSY)
def test_a_file_built_to_be_slow_is_refused_with_a_way_on(what: str) -> None:
    name, data = BUSY[what]
    assert len(data) < SMALL
    file = judged(name, data)
    assert file.outcome is Outcome.REFUSE and file.reason and file.remedy


@pytest.mark.parametrize("layout", [ZIP, LEGACY])
@pytest.mark.parametrize("shape", [(4,), (2, 2), (1, 1, 3, 3)])
def test_a_small_checkpoint_of_many_tensors_is_read(layout: str, shape: tuple[int, ...]) -> None:
    data = save({f"encoder.layer.{i}.attention.weight": torch.zeros(shape) for i in range(2000)}, layout)
    assert len(data) < SMALL and judged("pytorch_model.bin", data).outcome is Outcome.CONVERT


@pytest.mark.parametrize("layout", [ZIP, LEGACY])
def test_a_large_checkpoint_may_hold_as_many_as_it_likes(layout: str) -> None:
    data = save({f"layer.{i}.weight": torch.zeros(300) for i in range(6000)}, layout)
    assert judged("pytorch_model.bin", data).outcome is Outcome.CONVERT


def test_vocabularies_of_real_size_are_read() -> None:
    words = {f"tokenn{i}": i for i in range(50_257)}
    assert judged("vocab.json", json.dumps(words).encode()).outcome is Outcome.ACCEPT
    pairs = [[f"a{i}", f"b{i}"] for i in range(16_000)]
    model = {"type": "BPE", "vocab": dict(list(words.items())[:16_000]), "merges": pairs}
    assert judged("tokenizer.json", json.dumps({"model": model}).encode()).outcome is Outcome.ACCEPT


def test_parts_and_members_draw_on_the_steps_of_their_file() -> None:
    blob = Memory(bytes(10))
    blob.part(2, 3).work.spend(LEAST)
    assert blob.work.left == 0
    assert Work(SMALL).left == LEAST and Work(SMALL + 5).left == LEAST + 5


def test_what_is_hostile_is_called_so_though_it_is_also_long() -> None:
    file = judged("model.pkl", PROTO4 + b"cos\nsystem\n" + _filled(b"N0") + b"N.")
    assert file.rule == "pickle.call"
