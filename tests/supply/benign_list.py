"""The 24 files that must never be called hostile: built by code, each with what must become of it."""

from __future__ import annotations

import io
import json
import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch

from tests.supply.hostile_list import (
    PLAIN,
    Build,
    _put,
    as_json,
    field,
    gguf,
    h5,
    keras,
    one,
    onnx_model,
    safetensors,
    tensor,
)
from tests.supply.opcodes import zipped

ACCEPT, CONVERT, HOLD, REFUSE = "accept", "convert", "hold", "refuse"


def saved(value: object, **how: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, **how)  # type: ignore[arg-type]
    return buffer.getvalue()


def _state() -> OrderedDict[str, torch.Tensor]:
    made = torch.Generator().manual_seed(1)
    return OrderedDict((f"layer{i}.weight", torch.randn(3, 4, generator=made)) for i in range(3))


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _npz() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, a=np.arange(6.0).reshape(2, 3), b=np.float32([1, 2]))
    return buffer.getvalue()


def _text_of_names() -> bytes:
    import pickle

    return pickle.dumps({"note": "os.system eval exec __import__('os')"}, protocol=4)


def _external(folder: Path) -> None:
    _put(folder / "model.onnx", onnx_model(location="w.bin"))
    _put(folder / "w.bin", struct.pack("<2f", 0.5, -1.0))


def _trained() -> bytes:
    layer = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(layer.parameters())
    layer(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    return saved({"model": layer.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3})


def _bert(folder: Path) -> None:
    words = {word: i for i, word in enumerate(["[PAD]", "[UNK]", "exec", "eval", "system", "__import__"])}
    tokenizer = {"version": "1.0", "model": {"type": "WordPiece", "vocab": words, "unk_token": "[UNK]"}}
    template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}{% endfor %}"
    _put(folder / "config.json", as_json({"model_type": "bert", "hidden_size": 4, "vocab_size": 6}))
    _put(folder / "tokenizer.json", as_json(tokenizer))
    _put(folder / "tokenizer_config.json", as_json({"chat_template": template, "tokenizer_class": "BertTokenizer"}))
    _put(folder / "vocab.txt", "\n".join(words).encode())
    _put(folder / "model.safetensors", PLAIN)


def _shards(folder: Path) -> None:
    names = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    for tensor_name, file in names.items():
        _put(folder / file, safetensors({tensor_name: tensor([2], 0, 8)}, struct.pack("<2f", 1, 2)))
    _put(folder / "model.safetensors.index.json", as_json({"metadata": {"total_size": 16}, "weight_map": names}))


def _random() -> bytes:
    data = np.random.default_rng(0).standard_normal(1 << 18, dtype=np.float32)
    return safetensors({"w": tensor([1 << 18], 0, data.nbytes)}, data.tobytes())


def joblib_like(module: str, name: str) -> bytes:
    """A pickle that would rebuild an object of a library, as joblib and scikit-learn write it."""
    from tests.supply.opcodes import PROTO4, text
    from tests.supply.opcodes import name as named

    return PROTO4 + named(module, name) + b")\x81}" + text("shape") + b"K\x03sb."


_MESSY = {"__metadata__": {"note": "import os; os.system('true') https://example.org"}, "w": tensor([2], 0, 8)}
_DENSE = {"class_name": "Dense", "module": "keras.layers", "config": {"units": 3, "activation": "relu"}}
_NAMED_LAMBDA = json.dumps({"config": {"layers": [{"class_name": "Dense", "config": {"name": "lambda_net"}}]}})

FILES: dict[int, tuple[str, str, Build]] = {
    1: ("a pickle that holds the words os.system", CONVERT, one("notes.pkl", _text_of_names())),
    2: ("a state dict", CONVERT, one("model.pt", saved(_state()))),
    3: ("a state dict of old PyTorch", CONVERT, one("pytorch_model.bin", saved(_state(), _use_new_zipfile_serialization=False))),
    4: ("plain safetensors", ACCEPT, one("model.safetensors", PLAIN)),
    5: ("safetensors whose metadata speak of code", ACCEPT, one("model.safetensors", safetensors(_MESSY, bytes(8)))),
    6: ("bfloat16", ACCEPT, one("model.safetensors", safetensors({"w": tensor([2], 0, 4, "BF16")}, bytes(4)))),
    7: ("an empty tensor and a scalar", ACCEPT, one("model.safetensors", safetensors({"e": tensor([0], 0, 0), "s": tensor([], 0, 4)}, bytes(4)))),
    8: (".npy of floats", CONVERT, one("array.npy", _npy(np.linspace(0, 1, 12).reshape(3, 4)))),
    9: (".npz of floats", CONVERT, one("arrays.npz", _npz())),
    10: ("a joblib array", REFUSE, one("array.joblib", joblib_like("joblib.numpy_pickle", "NumpyArrayWrapper"))),
    11: ("a scikit-learn model", REFUSE, one("model.joblib", joblib_like("sklearn.linear_model._logistic", "LogisticRegression"))),
    12: ("the same in skops", REFUSE, one("model.skops", zipped({"schema.json": as_json({"__loader__": "ObjectNode"})}))),
    13: ("ONNX", CONVERT, one("model.onnx", onnx_model())),
    14: ("ONNX with its weights beside it", CONVERT, _external),
    15: (".keras of a Dense layer", REFUSE, one("model.keras", keras([_DENSE]))),
    16: (".h5 with a layer named lambda_net", REFUSE, one("model.h5", h5(config=_NAMED_LAMBDA))),
    17: ("GGUF with a chat template", CONVERT, one("model.gguf", gguf("{% for m in messages %}{{ m.content }}{% endfor %}"))),
    18: ("a BERT folder", ACCEPT, _bert),
    19: ("shards and their index", ACCEPT, _shards),
    20: ("a vocabulary of dangerous words", ACCEPT, one("vocab.txt", b"[PAD]\n__import__\nsubprocess\neval\n")),
    21: ("a checkpoint with its optimizer", CONVERT, one("checkpoint.pt", _trained())),
    22: ("a mebibyte of weights", ACCEPT, one("model.safetensors", _random())),
    23: ("a class named exec", ACCEPT, one("config.json", as_json({"model_type": "bert", "id2label": {"0": "exec"}}))),
    24: ("a sentencepiece model", HOLD, one("spiece.model", b"".join(field(1, field(1, w) + b"\x15\x00\x00\x80\xbf") for w in (b"<unk>", b"a")))),
}  # fmt: skip
"""Number -> what it is, what must become of it, how it is built in a folder."""
