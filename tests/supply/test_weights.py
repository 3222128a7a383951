"""Finding weight files, and numbers that are none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from touchstone.core.errors import ModelFilesError
from touchstone.supply.safetensors_header import read_header
from touchstone.supply.weights import find_weights, not_finite


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_sees_one_bad_number_in_every_kind_of_float(dtype: torch.dtype, bad: float, tmp_path: Path) -> None:
    values = {"odd": torch.ones(3, dtype=torch.uint8), "good": torch.full((7,), -3e4, dtype=dtype)}
    values["spoiled"] = torch.linspace(-1, 1, 50).to(dtype)
    values["spoiled"][31] = bad
    path = tmp_path / "model.safetensors"
    save_file(values, path)
    assert not_finite(path, read_header(path).tensors) == ("spoiled",)


def test_greatest_and_smallest_numbers_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    limits = np.finfo(np.float32)
    save_file({"a": torch.tensor([limits.max, limits.min, limits.tiny, -0.0])}, path)
    assert not_finite(path, read_header(path).tensors) == ()


def test_an_index_may_only_name_shards_of_its_own_folder(tmp_path: Path) -> None:
    for name in ("../model.safetensors", "/etc/passwd", "pytorch_model.bin"):
        (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": name}}))
        with pytest.raises(ModelFilesError, match="no safetensors file of this folder"):
            find_weights(tmp_path)


def test_an_index_without_shards_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(ModelFilesError, match="names no shard"):
        find_weights(tmp_path)
