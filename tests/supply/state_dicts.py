"""State dicts as programs really save them: every layout of PyTorch, and what people put into them."""

from __future__ import annotations

import argparse
import io
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

ZIP, LEGACY = "zip", "legacy"
FLOATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
WHOLE = (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64, torch.bool)
SMALL = (torch.float8_e4m3fn, torch.float8_e5m2)
UNSIGNED = (torch.uint16, torch.uint32, torch.uint64)


def save(value: Any, layout: str = ZIP, protocol: int = 2) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, pickle_protocol=protocol, _use_new_zipfile_serialization=layout == ZIP)
    return buffer.getvalue()


def _numbers(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 2))


def _tied() -> dict[str, torch.Tensor]:
    weight = nn.Parameter(_numbers(6, 4))
    return {"embed.weight": weight, "head.weight": weight, "bias": _numbers(6, seed=1)}


def _views() -> dict[str, torch.Tensor]:
    whole = _numbers(6, 8)
    return {
        "rows": whole[2:4], "columns": whole[:, 1::2], "turned": whole.t(), "expanded": _numbers(1, 4).expand(5, 4),
        "flipped": whole.permute(1, 0)[3:], "one": whole[0, 0], "permuted": _numbers(2, 3, 4).permute(2, 0, 1),
    }  # fmt: skip


def _trained(kind: Callable[..., torch.optim.Optimizer], **how: Any) -> dict[str, Any]:
    net = _net()
    optimizer = kind(net.parameters(), lr=0.1, **how)
    net(_numbers(2, 3, 4, 4)).sum().backward()
    optimizer.step()
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    return {"state_dict": net.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": schedule.state_dict(),
            "epoch": 3, "best": 0.93, "note": None}  # fmt: skip


def _lightning() -> dict[str, Any]:
    return {
        "epoch": 1, "global_step": 10, "pytorch-lightning_version": "2.4.0",
        "state_dict": {f"model.{key}": value for key, value in _net().state_dict().items()},
        "loops": {"fit_loop": {"state_dict": {}}}, "callbacks": {}, "optimizer_states": [], "lr_schedulers": [],
        "hparams_name": "kwargs", "hyper_parameters": {"lr": 1e-3, "layers": (1, 2), "name": "x"},
    }  # fmt: skip


def _timm() -> dict[str, Any]:
    return {"arch": "resnet18", "state_dict": _net().state_dict(), "args": argparse.Namespace(lr=0.1, opt="sgd", aug=[1, 2]),
            "version": 2, "metric": np.float64(78.5), "amp_scaler": {"scale": 65536.0}}  # fmt: skip


def _quantised() -> dict[str, torch.Tensor]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # old files hold such tensors, new PyTorch gives them up
        return {"w": torch.quantize_per_tensor(_numbers(3, 4), 0.1, 2, torch.qint8)}


def _mixed() -> dict[str, torch.Tensor]:
    return {str(dtype): torch.ones(3).to(dtype) for dtype in (*FLOATS, *WHOLE)}


def cases() -> Iterator[tuple[str, Any, str, int]]:
    """(name, value, layout, protocol) of every case."""
    for dtype in (*FLOATS, *WHOLE):
        yield f"{dtype}", {"w": (_numbers(3, 5) * 10).to(dtype)}, ZIP, 2
        yield f"{dtype}, legacy", {"w": (_numbers(3, 5) * 10).to(dtype)}, LEGACY, 2
    for dtype in (*SMALL, *UNSIGNED):
        yield f"{dtype}", {"w": _numbers(8).abs().to(dtype)}, ZIP, 2
    for dtype in (torch.complex64, torch.complex128):
        yield f"{dtype}", {"w": torch.complex(_numbers(4).double(), _numbers(4, seed=1).double()).to(dtype)}, ZIP, 2
    for protocol in (2, 3, 4, 5):
        yield f"protocol {protocol}", _net().state_dict(), ZIP, protocol
        yield f"protocol {protocol}, legacy", _net().state_dict(), LEGACY, protocol
    for layout in (ZIP, LEGACY):
        yield f"tied weights, {layout}", _tied(), layout, 2
        yield f"views, {layout}", _views(), layout, 2
        yield f"empty and scalar, {layout}", {"e": torch.empty(0, 3), "s": torch.tensor(2.5)}, layout, 2
        yield f"many types, {layout}", _mixed(), layout, 2
        yield f"Lightning, {layout}", _lightning(), layout, 2
        yield f"timm, {layout}", _timm(), layout, 2
        yield f"AdamW, {layout}", _trained(torch.optim.AdamW, amsgrad=True), layout, 2
        yield f"SGD, {layout}", _trained(torch.optim.SGD, momentum=0.9), layout, 2
        yield f"parameters, {layout}", dict(_net().named_parameters()), layout, 2
        yield f"a list, {layout}", [_numbers(2), _numbers(3)], layout, 2
        yield f"a bare tensor, {layout}", _numbers(2, 2), layout, 2
    yield "an average beside it", {"state_dict": _net().state_dict(), "state_dict_ema": _net().state_dict()}, ZIP, 2
    yield "nested", {"module": {"a": {"b": {"c.d": _numbers(2)}}, "e": [_numbers(3), {"f": _numbers(1)}]}}, ZIP, 2
    yield (
        "numbers and sets",
        {"w": _numbers(2), "ids": {1, 2}, "frozen": frozenset({"a"}), "c": 1 + 2j, "s": slice(1, 2)},
        ZIP,
        2,
    )
    yield "bytes and dates of none", {"w": _numbers(2), "raw": b"\x00\xff", "none": None, "huge": 1 << 80}, ZIP, 2
    yield (
        "sizes and devices",
        {"w": _numbers(2), "shape": torch.Size([2, 3]), "on": torch.device("cpu"), "t": torch.float16},
        ZIP,
        2,
    )
    yield (
        "numpy arrays",
        {"w": np.arange(6.0).reshape(2, 3), "f": np.asfortranarray(np.ones((2, 3))), "big": np.arange(3, dtype=">i4")},
        ZIP,
        2,
    )
    yield "quantised", _quantised(), ZIP, 2
    yield "words in other writings", {"schließen.重み": _numbers(2), "emoji 🙂": _numbers(1)}, ZIP, 2
    yield "a counter", {"w": _numbers(2), "seen": OrderedDict([("a", 1)])}, ZIP, 2
    yield "whole numbers as keys", {0: _numbers(2), 1: _numbers(3)}, ZIP, 2
    yield "large and half", {"w": _numbers(300, 400).half()}, ZIP, 2
    yield "random state", {"w": _numbers(2), "rng": torch.get_rng_state()}, ZIP, 2


def tensors(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every tensor or array in a value, under its path."""
    if isinstance(value, torch.Tensor | np.ndarray | np.generic):
        yield ".".join(path) or "array", value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from tensors(inner, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from tensors(inner, (*path, str(index)))
