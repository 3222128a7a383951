"""A base model on disk: looked at without running anything of it, and refused in one line where it cannot serve."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from touchstone.core import digest
from touchstone.core.errors import Fault, ModelFilesError
from touchstone.nn.families import FAMILIES, blocks, head
from touchstone.nn.loading import auto_class, load_config, one_line, quiet
from touchstone.nn.timm_layout import NoLayout, follow, resembles
from touchstone.nn.timm_pictures import TimmPictures
from touchstone.supply.json_config import read_config
from touchstone.supply.safetensors_header import read_header
from touchstone.supply.timm_config import TIMM, model_type
from touchstone.supply.weights import find_weights, not_finite

CONFIG = "config.json"
CHECKED_CONFIGS = ("tokenizer_config.json", "preprocessor_config.json", "processor_config.json", "modules.json")
COMPANIONS = (
    "preprocessor_config.json", "processor_config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt",
    "vocab.json", "merges.txt", "special_tokens_map.json", "added_tokens.json", "sentencepiece.bpe.model",
    "spiece.model", "sentence_bert_config.json",
)  # fmt: skip
"""Files beside the weights that say how inputs are prepared."""
_NO_NETWORK = (
    ValueError, TypeError, RuntimeError, AttributeError, KeyError, ZeroDivisionError, AssertionError, ImportError, IndexError,
)  # fmt: skip


@dataclass(frozen=True)
class Base:
    """A base model that can serve: checked files of a family we know."""

    path: Path
    """Folder of config.json and the weights."""
    written: str
    """As the study names it."""
    task: str
    family: str
    digest: str
    """Of weights, configuration and preparation files together."""
    size_bytes: int
    n_parameters: int
    blocks: tuple[str, ...]
    """Names bottom to top, the stem first."""
    config: dict[str, Any] = field(default_factory=dict)
    """config.json as read."""
    pooling: str = "mean"
    """Of text models: mean, or cls where the folder's own 1_Pooling says so."""
    max_length: int | None = None
    """Of text models: tokens looked at, 256 or fewer."""
    trained_like: str = ""
    """The family whose habits of training suit: its own, except for timm's many architectures."""
    picture_size: tuple[int, int] = (224, 224)
    """Of picture models that read one size alone, or were made for one: height and width."""


def open_base(path: Path, written: str, task: str) -> Base:
    """Look at a model folder and check everything that can be checked without running it.

    Raises
    ------
    ModelFilesError
        in one line: no folder, no config.json, no safetensors, only pickled weights, an architecture that is
        not supported or not of this task, code of its own, a broken header, weights that are not numbers
    """
    if not path.is_dir():
        raise ModelFilesError(Fault(written, f"{path} is not a folder", "give a folder in Hugging Face layout"))
    folder, pooling = _transformer_folder(path)
    if not (folder / CONFIG).is_file():
        raise ModelFilesError(Fault(written, f"{folder} has no {CONFIG}", "give a folder in Hugging Face layout"))
    config = read_config(folder / CONFIG)
    family = _family(config, written, task)
    for name in CHECKED_CONFIGS:
        if name != "modules.json" and (folder / name).is_file():
            read_config(folder / name)
    weights = find_weights(folder)
    _check_weights(weights, written)
    about = _describe(folder, written, config)
    files = [folder / CONFIG, *weights, *(folder / name for name in COMPANIONS if (folder / name).is_file())]
    return Base(
        path=folder,
        written=written,
        task=task,
        family=family,
        digest=digest.of_data({file.name: digest.of_file(file) for file in files} | {"pooling": pooling}),
        size_bytes=sum(file.stat().st_size for file in weights),
        n_parameters=about.n_parameters,
        blocks=about.blocks,
        config=config,
        pooling=pooling,
        max_length=_max_length(folder, config) if FAMILIES[family].token_pooling else None,
        trained_like=about.trained_like,
        picture_size=about.picture_size,
    )


def _transformer_folder(path: Path) -> tuple[Path, str]:
    """The folder that holds the transformer, and its pooling, also in the layout of sentence-transformers."""
    if not (path / "modules.json").is_file():
        return path, "mean"
    modules = _modules(path / "modules.json")
    folder = path / next((m for kind, m in modules if kind.endswith("Transformer")), "")
    pooled = [path / m for kind, m in modules if kind.endswith("Pooling")]
    if not folder.resolve().is_relative_to(path.resolve()):
        raise ModelFilesError(Fault(str(path / "modules.json"), "names a folder outside of the model"))
    if pooled and (pooled[0] / CONFIG).is_file() and read_config(pooled[0] / CONFIG).get("pooling_mode_cls_token"):
        return folder, "cls"
    return folder, "mean"


def _modules(path: Path) -> list[tuple[str, str]]:
    try:
        listed = json.loads(path.read_text("utf-8"))
        return [(str(entry["type"]), str(entry["path"])) for entry in listed]
    except (ValueError, TypeError, KeyError) as fault:
        raise ModelFilesError(Fault(str(path), "is not a list of modules with type and path")) from fault


def _family(config: dict[str, Any], written: str, task: str) -> str:
    kind = model_type(config)
    known = sorted(name for name, family in FAMILIES.items() if family.task == task)
    shown = ", ".join("one of timm's (extra timm)" if name == TIMM else name for name in known)
    if kind not in FAMILIES:
        what = f"architecture {kind or config.get('architecture') or 'unnamed'!s} is not supported"
        raise ModelFilesError(Fault(written, what, f"for {task} use one of: {shown}"))
    if kind not in known:
        what = f"architecture {kind} does not serve {task}"
        raise ModelFilesError(Fault(written, what, f"use one of: {shown}"))
    return str(kind)


def _check_weights(weights: tuple[Path, ...], written: str) -> None:
    for path in weights:
        broken = not_finite(path, read_header(path).tensors)
        if broken:
            what = f"{path.name} holds numbers that are NaN or infinite, first in {broken[0]}"
            raise ModelFilesError(Fault(written, what, "fetch or train the model again"))


def _max_length(folder: Path, config: dict[str, Any]) -> int:
    places = config.get("max_position_embeddings", 512)
    if config.get("model_type") in ("roberta", "xlm-roberta", "mpnet"):
        places -= 2  # their positions start after the padding index
    stated = 256  # most short-text classifiers see less; long texts are cut
    if (folder / "sentence_bert_config.json").is_file():
        stated = read_config(folder / "sentence_bert_config.json").get("max_seq_length") or stated
    return int(min(places, stated, 256))


@dataclass(frozen=True)
class _Described:
    blocks: tuple[str, ...]
    n_parameters: int
    trained_like: str
    picture_size: tuple[int, int] = (224, 224)


def _describe(folder: Path, written: str, raw: dict[str, Any]) -> _Described:
    config = load_config(folder, written)
    try:
        with torch.device("meta"), quiet():
            model = auto_class(FAMILIES[config.model_type].task).from_config(config)
    except _NO_NETWORK as fault:
        raise ModelFilesError(Fault(written, f"{CONFIG} describes no network ({one_line(fault)})")) from fault
    n_parameters = sum(parameter.numel() for parameter in model.parameters())
    if config.model_type != TIMM:
        return _Described(tuple(name for name, _ in blocks(model)), n_parameters, config.model_type)
    pictures = TimmPictures(raw, written)
    try:
        chain = blocks(model)
        follow(model, [part for _, part in chain], head(model), pictures.size)
    except NoLayout as fault:
        what = f"architecture {config.architecture} of timm does not serve: {one_line(fault)}"
        raise ModelFilesError(
            Fault(written, what, "use a ResNet, ViT, ConvNeXt, EfficientNet, Swin or the like")
        ) from fault
    like = resembles(model, pictures.size, fixed=pictures.fixed)
    return _Described(tuple(name for name, _ in chain), n_parameters, like, pictures.size)


def resolve_hub(repository: str, revision: str, home: Path) -> Path:
    """The local copy of a model of the Hugging Face hub at a pinned revision, fetched where it is not there yet.

    Only safetensors, JSON and text files are fetched, the card and the licence among them.

    Raises
    ------
    ModelFilesError
        without a network, or where the hub does not have it
    """
    from huggingface_hub import snapshot_download

    written = f"{repository}@{revision}"
    try:
        folder = snapshot_download(
            repository, revision=revision, cache_dir=home / "hub",
            allow_patterns=["*.safetensors", "*.safetensors.index.json", "*.json", "*.txt", "*.md", "*.model", "LICENSE*", "LICENCE*", "NOTICE*"],
        )  # fmt: skip
    except Exception as fault:  # the hub client raises its own, its HTTP library's and the system's
        what = f"cannot be fetched from the Hugging Face hub ({one_line(fault)})"
        mend = "give a local folder, or check network, name and revision"
        raise ModelFilesError(Fault(written, what, mend)) from fault
    return Path(folder)
