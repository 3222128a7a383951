"""State dicts turned into safetensors bit for bit, with nothing executed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open

from tests.supply.state_dicts import cases, save, tensors
from tests.supply.watch import nothing_runs
from touchstone.study.model import BaseModel
from touchstone.supply.outcome import Outcome
from touchstone.supply.state_dict import _WEIGHTS
from touchstone.supply.vetting import vet_files

CASES = list(cases())


def converted(folder: Path) -> dict[str, torch.Tensor]:
    """What the working copy holds, names of tied weights filled in."""
    found: dict[str, torch.Tensor] = {}
    for path in folder.glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            found |= {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            notes = file.metadata() or {}
        found |= {alias: found[name] for alias, name in notes.items() if name in found}
    return found


def as_numbers(value: Any) -> torch.Tensor:
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        return torch.from_numpy(array.astype(array.dtype.newbyteorder("="), order="C").copy())
    if value.is_quantized:
        return value.int_repr()
    value = value.detach()
    return torch.view_as_real(value) if value.dtype is torch.complex128 else value


def same_bits(first: torch.Tensor, second: torch.Tensor) -> bool:
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    flat = (one.contiguous().reshape(-1) for one in (first, second))
    return bool(torch.equal(*(one.view(torch.uint8) if one.numel() else one for one in flat)))


def own_name(path: str, value: Any) -> str:
    """Where a training program keeps weights among other things, they lose that program's prefix."""
    if not isinstance(value, dict) or any(isinstance(inner, torch.Tensor) for inner in value.values()):
        return path
    key = next((key for key in _WEIGHTS if key in value and any(map(torch.is_tensor, dict(value[key]).values()))), None)
    return path.removeprefix(f"{key}.") if key else path


@pytest.mark.parametrize(("name", "value", "layout", "protocol"), CASES, ids=[case[0] for case in CASES])
def test_every_state_dict_is_converted_bit_for_bit(
    tmp_path: Path, name: str, value: Any, layout: str, protocol: int
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "pytorch_model.bin").write_bytes(save(value, layout, protocol))
    with nothing_runs():
        seen = vet_files(BaseModel("m", folder), tmp_path / "home")
    assert seen.files is not None and seen.files.outcome is Outcome.CONVERT, seen.files.worst
    assert seen.copy is not None
    found, wanted = converted(seen.copy.folder), dict(tensors(value))
    assert wanted
    for path, tensor in wanted.items():
        assert same_bits(found[own_name(path, value)], as_numbers(tensor)), path
    for other in seen.copy.folder.glob("*.json"):
        json.loads(other.read_text(encoding="utf-8"))


def test_there_are_sixty_of_them() -> None:
    assert len(CASES) >= 60
