"""The 62 hostile and odd files: built by code from their descriptions, each with what must become of it.

The payloads are ``true`` and ``1+1``; nothing of them is imported or run while they are built.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import marshal
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.supply.opcodes import (
    EVIL,
    PROTO4,
    SYSTEM,
    benign_pickle,
    call,
    calling,
    name,
    text,
    torch_zip,
    zipped,
)

Build = Callable[[Path], None]
REFUSE, HOLD, ACCEPT = "refuse", "hold", "accept"
ESCAPE = "../../../../etc/hostname"


def one(file: str, data: bytes) -> Build:
    return lambda folder: _put(folder / file, data)


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def several(**files: bytes) -> Build:
    def build(folder: Path) -> None:
        for file, data in files.items():
            _put(folder / file.replace("__", "."), data)

    return build


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


def safetensors(header: object, data: bytes = b"") -> bytes:
    head = header if isinstance(header, bytes) else as_json(header)
    return struct.pack("<Q", len(head)) + head + data


def tensor(shape: list[int], start: int, end: int, dtype: str = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


PLAIN = safetensors({"weight": tensor([2], 0, 8)}, struct.pack("<2f", 0.5, -1.0))

# pickles
_OLD = b"cposix\nsystem\n(Vtrue\ntR."
_INST = b"(Vtrue\niposix\nsystem\n."
_OBJ = b"(cposix\nsystem\nVtrue\no."
_MEMO = (
    PROTO4
    + text("collections")
    + b"\x94"
    + b"0"
    + text("os")
    + b"q\x00"
    + b"0h\x00"
    + text("system")
    + b"\x93("
    + text("true")
    + b"tR."
)
_RESOLVED = PROTO4 + call("pkgutil", "resolve_name", text("os:system")) + b"(" + text("true") + b"tR."
_GETATTR = (
    PROTO4 + name("inspect", "getattr_static") + b"(" + call("importlib", "import_module", text("os")) + text("system")
    + b"tR(" + text("true") + b"tR."
)  # fmt: skip
_NESTED = calling("pickle", "loads", b"C" + bytes([len(_OLD)]) + _OLD)
_INSTANCE = PROTO4 + name("unknown_package.models", "Net") + b")\x81}" + text("a") + b"K\x01sb."


def npy_of_objects() -> bytes:
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header += b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + SYSTEM


# zips that disagree with themselves
def flagged() -> bytes:
    data = bytearray(torch_zip(SYSTEM))
    at = 0
    while (at := data.find(b"PK\x03\x04", at)) >= 0:
        data[at + 6] |= 1
        at += 4
    return bytes(data)


def without_sums() -> bytes:
    data = bytearray(torch_zip(SYSTEM))
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data[at + 16 : at + 20] = b"\0\0\0\0"
        at += 4
    return bytes(data)


def renamed() -> bytes:
    data = bytearray(torch_zip(SYSTEM))
    at = data.find(b"archive/data.pkl", data.find(b"PK\x01\x02"))
    data[at : at + 16] = b"archive/dota.pkl"
    return bytes(data)


def tar_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member, data in members.items():
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def tar_with_link() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        link = tarfile.TarInfo("out")
        link.type, link.linkname = tarfile.SYMTYPE, "/tmp"
        archive.addfile(link)
        file = tarfile.TarInfo("out/evil.txt")
        file.size = 4
        archive.addfile(file, io.BytesIO(b"evil"))
    return buffer.getvalue()


def escaping_zip() -> bytes:
    return zipped({"../../evil.txt": b"evil"})


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", benign_pickle())
        with archive.open("archive/data/0", "w") as member:
            for _ in range(200):
                member.write(bytes(1 << 20))
    return buffer.getvalue()


# other formats
def keras(layers: list[object], weights: bytes = b"") -> bytes:
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": layers}}
    members = {"config.json": as_json(config), "metadata.json": as_json({"keras_version": "3.8.0"})}
    return zipped({**members, "model.weights.h5": weights} if weights else members)


_LAMBDA = {"class_name": "Lambda", "config": {"function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}}}
_OS_FUNCTION = {"module": "os", "class_name": "function", "config": "system", "registered_name": "function"}
_TFSM = {"class_name": "TFSMLayer", "config": {"filepath": "../../elsewhere"}}


def h5(*, external: bool = False, config: str | None = None) -> bytes:
    """By h5py where it is there, else the signature and the bytes that matter, as HDF5 lays them out."""
    body = b"\x89HDF\r\n\x1a\n\x02\x08\x08\x00" + bytes(36)
    if external:
        value = b"\x00/etc/hostname\x00/data\x00"
        body += b"OHDR" + b"\x01\x08\x40\x04link" + struct.pack("<H", len(value)) + value
    if config is not None:
        body += b"model_config\x00" + config.encode()
    return body + bytes(64)


def field(number: int, value: bytes | int) -> bytes:
    """One field of protocol buffers."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def onnx_model(*, location: str | None = None, domain: str = "", op: str = "Relu") -> bytes:
    node = (
        field(1, b"x")
        + field(2, b"y")
        + field(3, b"n")
        + field(4, op.encode())
        + (field(7, domain.encode()) if domain else b"")
    )
    weight = field(1, 2) + field(2, 1) + field(8, b"w")
    if location is None:
        weight += field(9, struct.pack("<2f", 0.5, -1.0))
    else:
        weight += field(13, field(1, b"location") + field(2, location.encode())) + field(14, 1)
    graph = field(1, node) + field(2, b"g") + field(5, weight)
    opsets = field(8, field(1, b"") + field(2, 17)) + (
        field(8, field(1, domain.encode()) + field(2, 1)) if domain else b""
    )
    return field(1, 8) + field(2, b"tests") + field(7, graph) + opsets


_SSTI = "{% for c in ''.__class__.__mro__[1].__subclasses__() %}{{ c.__init__.__globals__ }}{% endfor %}"


def gguf(template: str | None = None, n_keys: int | None = None) -> bytes:
    def string(value: str) -> bytes:
        return struct.pack("<Q", len(value.encode())) + value.encode()

    keys = [] if template is None else [string("tokenizer.chat_template") + struct.pack("<I", 8) + string(template)]
    count = len(keys) if n_keys is None else n_keys
    head = b"GGUF" + struct.pack("<IQQ", 3, 1 if n_keys is None else 0, count) + b"".join(keys)
    head += string("w") + struct.pack("<IQIQ", 1, 2, 0, 0)
    return head + bytes(-len(head) % 32) + struct.pack("<2f", 0.5, -1.0)


def torchscript() -> bytes:
    return torch_zip(
        benign_pickle(),
        {"constants.pkl": PROTO4 + b").", "code/__torch__.py": b"def forward(self, x):\n  return x\n"},
        "model",
    )


def exported() -> bytes:
    return zipped({"m/archive_format": b"pt2", "m/archive_version": b"0", "m/models/model.json": b"{}"})


_BERT: dict[str, object] = {"model_type": "bert", "hidden_size": 4}
_CARD = b"# A model\n\n<img src=x onerror=alert(1)> [click](javascript:alert(1))\n"
_YAML = b"a: !!python/object/apply:os.system ['true']\n"
_CODE = b"class X:\n    pass\n"
_NANS = struct.pack("<2f", float("nan"), float("nan"))
_OVERLAP = {"a": tensor([2], 0, 8), "b": tensor([2], 0, 8)}
_TWICE = b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
_HUGE = {"a": tensor([1 << 32, 1 << 32], 0, 8)}
_INDEX = {"metadata": {}, "weight_map": {"w": "../../../etc/passwd.safetensors"}}
_LAMBDA_H5 = json.dumps({"class_name": "Sequential", "config": {"layers": [
    {"class_name": "Lambda", "config": {"function": [marshal.dumps(compile("1+1", "x", "eval")).hex(), None, None]}}]}})  # fmt: skip

FILES: dict[int, tuple[str, str, Build]] = {
    1: ("a pickle that calls os.system", REFUSE, one("model.pkl", SYSTEM)),
    2: ("the same in protocol 0", REFUSE, one("model.pkl", _OLD)),
    3: ("exec in a raw .bin", REFUSE, one("pytorch_model.bin", EVIL)),
    4: ("INST instead of GLOBAL", REFUSE, one("model.pkl", _INST)),
    5: ("OBJ", REFUSE, one("model.pkl", _OBJ)),
    6: ("pkgutil.resolve_name", REFUSE, one("model.pkl", _RESOLVED)),
    7: ("getattr_static of an imported module", REFUSE, one("model.pkl", _GETATTR)),
    8: ("runpy.run_path", REFUSE, one("model.pkl", calling("runpy", "run_path", text("x.py")))),
    9: ("torch.utils.collect_env.run", REFUSE, one("model.pkl", calling("torch.utils.collect_env", "run", text("true")))),
    10: ("numpy.f2py.crackfortran.myeval", REFUSE, one("model.pkl", calling("numpy.f2py.crackfortran", "myeval", text("1+1")))),
    11: ("timeit.timeit", REFUSE, one("model.pkl", calling("timeit", "timeit", text("1+1")))),
    12: ("garbage instead of STOP", REFUSE, one("model.pkl", SYSTEM[:-1] + b"\xff\xff\xff")),
    13: ("a second, hostile stream", REFUSE, one("model.pkl", benign_pickle() + SYSTEM)),
    14: ("a memo slot overwritten", REFUSE, one("model.pkl", _MEMO)),
    15: ("a pickle in a pickle", REFUSE, one("model.pkl", _NESTED)),
    16: ("a pickle named .txt", REFUSE, one("notes.txt", SYSTEM)),
    17: ("a pickle without extension", REFUSE, one("weights", SYSTEM)),
    18: ("a pickle named .safetensors", REFUSE, one("model.safetensors", SYSTEM)),
    19: ("a pickle named .json", REFUSE, one("config.json", SYSTEM)),
    20: ("a checkpoint with its pickle replaced", REFUSE, one("pytorch_model.bin", torch_zip(SYSTEM))),
    21: ("an extra hostile member", REFUSE, one("model.pt", torch_zip(benign_pickle(), {"extra.pkl": SYSTEM}))),
    22: ("local records that say enciphered", REFUSE, one("model.pt", flagged())),
    23: ("sums of the directory zeroed", REFUSE, one("model.pt", without_sums())),
    24: ("two names for one member", REFUSE, one("model.pt", renamed())),
    25: ("7z named .pt", REFUSE, one("model.pt", b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(64))),
    26: ("a tar with a pickle", REFUSE, one("model.tar", tar_of({"pickle": SYSTEM}))),
    27: ("gzip of a pickle", REFUSE, one("model.pkl.gz", gzip.compress(SYSTEM))),
    28: ("bz2 named .joblib", REFUSE, one("model.joblib", bz2.compress(SYSTEM))),
    29: ("an array of objects", REFUSE, one("array.npy", npy_of_objects())),
    30: ("the same in .npz", REFUSE, one("arrays.npz", zipped({"a.npy": npy_of_objects()}))),
    31: (".h5 with a Lambda layer", REFUSE, one("model.h5", h5(config=_LAMBDA_H5))),
    32: (".keras with a lambda", REFUSE, one("model.keras", keras([_LAMBDA]))),
    33: (".keras with a function of os", REFUSE, one("model.keras", keras([_OS_FUNCTION]))),
    34: (".keras with a TFSMLayer", REFUSE, one("model.keras", keras([_TFSM]))),
    35: (".keras with a link out of its weights", REFUSE, one("model.keras", keras([], h5(external=True)))),
    36: ("ONNX weights up the tree", REFUSE, one("model.onnx", onnx_model(location=ESCAPE))),
    37: ("ONNX weights down and up", REFUSE, one("model.onnx", onnx_model(location="a/../../../etc/hostname"))),
    38: ("ONNX weights at an absolute path", REFUSE, one("model.onnx", onnx_model(location="/etc/hostname"))),
    39: ("ONNX with PyFunc", HOLD, one("model.onnx", onnx_model(domain="ai.onnx.contrib", op="PyFunc"))),
    40: ("GGUF with a template that reaches inside", HOLD, one("model.gguf", gguf(_SSTI))),
    41: ("GGUF with 2^63 - 1 settings", REFUSE, one("model.gguf", gguf(n_keys=(1 << 63) - 1))),
    42: ("a chat template that reaches inside", HOLD, one("tokenizer_config.json", as_json({"chat_template": _SSTI}))),
    43: ("auto_map beside its code", REFUSE, several(config__json=as_json({**_BERT, "auto_map": {"AutoModel": "modeling_x.X"}}), modeling_x__py=_CODE)),
    44: ("auto_map to another repository", REFUSE, one("config.json", as_json({**_BERT, "auto_map": {"AutoModel": "other/repo--modeling_x.X"}}))),
    45: ("attention code of a repository", REFUSE, one("config.json", as_json({**_BERT, "_attn_implementation_internal": "other/repo"}))),
    46: ("trust_remote_code in a part", REFUSE, one("config.json", as_json({**_BERT, "text_config": {"trust_remote_code": True}}))),
    47: ("a Hydra target", REFUSE, one("model_config.yaml", b"trainer:\n  _target_: os.system\n  command: 'true'\n")),
    48: ("YAML that builds objects", REFUSE, one("config.yaml", _YAML)),
    49: ("a zip that writes outside", REFUSE, one("weights.zip", escaping_zip())),
    50: ("a tar that writes through a link", REFUSE, one("weights.tar", tar_with_link())),
    51: ("200 MiB of zeros in a .pt", REFUSE, one("model.pt", bomb())),
    52: ("two tensors over one range", REFUSE, one("model.safetensors", safetensors(_OVERLAP, bytes(8)))),
    53: ("a tensor told twice", REFUSE, one("model.safetensors", safetensors(_TWICE, bytes(8)))),
    54: ("safetensors with a checkpoint behind", REFUSE, one("model.safetensors", PLAIN + torch_zip(SYSTEM))),
    55: ("a header of 2^40 bytes", REFUSE, one("model.safetensors", struct.pack("<Q", 1 << 40) + b'{"a":' + bytes(64))),
    56: ("a shape of 2^64 numbers", REFUSE, one("model.safetensors", safetensors(_HUGE, bytes(8)))),
    57: ("weights that are not numbers", HOLD, one("model.safetensors", safetensors({"w": tensor([2], 0, 8)}, _NANS))),
    58: ("TorchScript", REFUSE, one("model.pt", torchscript())),
    59: ("torch.export", REFUSE, one("model.pt2", exported())),
    60: ("an instance of an unknown class", REFUSE, one("model.pkl", _INSTANCE)),
    61: ("a shard index that leads outside", REFUSE, one("model.safetensors.index.json", as_json(_INDEX))),
    62: ("a card with script in it", ACCEPT, one("README.md", _CARD)),
}  # fmt: skip
"""Number -> what it is, what must become of it, how it is built in a folder."""
