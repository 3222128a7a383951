"""Opening a base model: what can serve is described, what cannot is refused in one line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.nn.tiny import open_tiny, shared, write_base
from touchstone.core.errors import ModelFilesError
from touchstone.nn.base_model import open_base, resolve_hub
from touchstone.nn.families import IMAGE, TEXT


def _copy(tmp_path: Path, family: str = "bert") -> Path:
    return Path(shutil.copytree(shared(family).path, tmp_path / "base"))


def _configured(folder: Path, **values: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | values))


def _no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def _no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def _only_pickle(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _auto_map(folder: Path) -> None:
    _configured(folder, auto_map={"AutoModel": "modeling_evil.Evil"})


def _tokenizer_code(folder: Path) -> None:
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"auto_map": {"AutoTokenizer": ["evil.T", None]}}))


def _unknown(folder: Path) -> None:
    _configured(folder, model_type="llama")


def _no_architecture(folder: Path) -> None:
    (folder / "config.json").write_text('{"architecture": "resnet20-cifar"}')


def _not_json(folder: Path) -> None:
    (folder / "config.json").write_text("{,}")


def _nan(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    name = sorted(weights)[3]
    weights[name] = weights[name].copy()
    weights[name].flat[-1] = np.nan
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def _cut(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-8])


def _cut_header(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:40])


def _impossible_sizes(folder: Path) -> None:
    _configured(folder, num_attention_heads=7)


FAULTS: list[tuple[Callable[[Path], None], str]] = [
    (_no_config, "no config.json"),
    (_no_weights, "no model.safetensors"),
    (_only_pickle, "pytorch_model.bin"),
    (_auto_map, "auto_map"),
    (_tokenizer_code, "auto_map"),
    (_unknown, "llama"),
    (_no_architecture, "resnet20-cifar"),
    (_not_json, "not strict JSON"),
    (_nan, "NaN"),
    (_cut, "bytes"),
    (_cut_header, "header"),
    (_impossible_sizes, "no network"),
]


@pytest.mark.parametrize(("spoil", "word"), FAULTS, ids=[spoil.__name__ for spoil, _ in FAULTS])
def test_refuses_a_bad_folder_in_one_line(spoil: Callable[[Path], None], word: str, tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    spoil(folder)
    with pytest.raises(ModelFilesError) as caught:
        open_base(folder, "models/bad", TEXT)
    assert word in str(caught.value) and "\n" not in str(caught.value)


def test_refuses_a_path_that_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError, match="not a folder"):
        open_base(tmp_path / "nowhere", "nowhere", TEXT)


def test_an_unsupported_architecture_is_answered_with_the_supported_ones(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    _unknown(folder)
    with pytest.raises(ModelFilesError, match="bert, distilbert, modernbert, mpnet, roberta"):
        open_base(folder, "x", TEXT)


def test_refuses_a_text_model_for_pictures() -> None:
    with pytest.raises(ModelFilesError, match="does not serve image-classification"):
        open_base(shared("bert").path, "x", IMAGE)


def test_the_digest_follows_weights_and_preparation_but_not_the_place(tmp_path: Path) -> None:
    base = shared("vit")
    folder = _copy(tmp_path, "vit")
    assert open_base(folder, "elsewhere", IMAGE).digest == base.digest
    prepared = folder / "preprocessor_config.json"
    prepared.write_text(prepared.read_text().replace("0.25", "0.26"))
    assert open_base(folder, "elsewhere", IMAGE).digest != base.digest
    assert open_tiny(tmp_path, "vit", seed=1).digest != base.digest


def test_reads_the_layout_of_sentence_transformers_with_a_subfolder(tmp_path: Path) -> None:
    write_base(tmp_path / "0_Transformer", "bert")
    (tmp_path / "0_Transformer" / "sentence_bert_config.json").write_text('{"max_seq_length": 20}')
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": false}')
    modules = [{"type": "s.Transformer", "path": "0_Transformer"}, {"type": "s.Pooling", "path": "1_Pooling"}]
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    base = open_base(tmp_path, "x", TEXT)
    assert (base.path.name, base.pooling, base.max_length) == ("0_Transformer", "mean", 20)


def test_refuses_modules_that_lie_outside_of_the_folder(tmp_path: Path) -> None:
    write_base(tmp_path / "other", "bert")
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "modules.json").write_text('[{"type": "s.Transformer", "path": "../other"}]')
    with pytest.raises(ModelFilesError, match="outside"):
        open_base(tmp_path / "base", "x", TEXT)


def test_reads_weights_in_several_shards(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    where = {name: f"model-{1 + (i % 2):05d}-of-00002.safetensors" for i, name in enumerate(names)}
    for shard in set(where.values()):
        save_file({name: weights[name] for name in names if where[name] == shard}, folder / shard, {"format": "pt"})
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": where}))
    base = open_base(folder, "x", TEXT)
    assert base.n_parameters == shared("bert").n_parameters
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(ModelFilesError, match="missing"):
        open_base(folder, "x", TEXT)


def test_a_model_of_the_hub_without_a_network_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelFilesError, match="cannot be fetched") as caught:
        resolve_hub("org/name", "0" * 40, tmp_path)
    assert "\n" not in str(caught.value)
