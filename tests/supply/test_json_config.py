"""Reading a model's JSON: data only."""

from __future__ import annotations

from pathlib import Path

import pytest

from touchstone.core.errors import ModelFilesError
from touchstone.supply.json_config import read_config


def test_reads_a_plain_object(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert", "deep": [{"x": 1.5}]}')
    assert read_config(tmp_path / "config.json") == {"model_type": "bert", "deep": [{"x": 1.5}]}


@pytest.mark.parametrize(
    "text",
    [
        '{"auto_map": {"AutoModel": "evil.Model"}}', '{"a": [{"b": {"auto_map": {}}}]}', '{"trust_remote_code": true}',
        '{"a": NaN}', '{"a": 1, "a": 2}', "[]", "", "{", "[" * 100_000,
    ],
)  # fmt: skip
def test_refuses_code_and_what_is_not_strict_json(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ModelFilesError) as caught:
        read_config(tmp_path / "config.json")
    assert "config.json" in str(caught.value) and "\n" not in str(caught.value)


def test_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError, match="no such file"):
        read_config(tmp_path / "config.json")
