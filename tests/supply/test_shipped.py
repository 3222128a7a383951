from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.supply.small_models import write_model
from touchstone.core.errors import ModelFilesError
from touchstone.supply.shipped import SUMS, check_sums, write_sums


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = write_model(tmp_path / "model")
    write_sums(folder)
    return folder


def flip(folder: Path) -> None:
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(data)


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a flipped bit": (flip, "model.safetensors has other bytes"),
    "a further file": (lambda folder: (folder / "adapter_config.json").write_text("{}"), "adapter_config.json was not there"),
    "a lost file": (lambda folder: (folder / "config.json").unlink(), "config.json is missing"),
    "a renamed file": (lambda folder: (folder / "config.json").rename(folder / "c.json"), "config.json is now called c.json"),
    "an empty list": (lambda folder: (folder / SUMS).write_text(""), "it lists no file"),
    "a list that is none": (lambda folder: (folder / SUMS).write_bytes(b"\x80\x04."), "a line in it is no checksum"),
    "a folder in its place": (lambda folder: ((folder / SUMS).unlink(), (folder / SUMS).mkdir()), "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("what", FAULTS)
def test_a_changed_model_is_not_opened_and_one_line_says_why(model: Path, what: str) -> None:
    change, said = FAULTS[what]
    change(model)
    with pytest.raises(ModelFilesError) as error:
        check_sums(model)
    assert said in str(error.value) and len(str(error.value).splitlines()) == 1


def test_an_untouched_model_passes_and_so_does_one_without_a_list(model: Path, tmp_path: Path) -> None:
    check_sums(model)
    check_sums(write_model(tmp_path / "other"))


def test_writing_the_list_again_changes_nothing(model: Path) -> None:
    before = (model / SUMS).read_bytes()
    write_sums(model)
    assert (model / SUMS).read_bytes() == before
