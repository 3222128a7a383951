"""Tiny random base models of every family, written to a folder as their authors would."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from touchstone.dataset.model import Examples
from touchstone.nn.base_model import Base, open_base
from touchstone.nn.families import IMAGE, TEXT

WORDS = (
    "cat", "dog", "bird", "tree", "river", "stone", "light", "green", "small", "old", "runs", "sings", "falls",
    "under", "over", "with", "a", "the", "and", "not",
)  # fmt: skip
IMAGE_FAMILIES = ("mobilenet_v1", "mobilenet_v2", "resnet", "convnext", "vit", "dinov2", "swin")
TEXT_FAMILIES = ("bert", "distilbert", "roberta", "xlm-roberta", "mpnet", "modernbert")
SIDE = 32


def _bert_like(**more: Any) -> dict[str, Any]:
    return {
        "vocab_size": 4 + len(WORDS), "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 32, "max_position_embeddings": 40, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
        **more,
    }  # fmt: skip


CONFIGS: dict[str, Callable[[], Any]] = {
    "mobilenet_v1": lambda: transformers.MobileNetV1Config(depth_multiplier=0.25, image_size=SIDE),
    "mobilenet_v2": lambda: transformers.MobileNetV2Config(depth_multiplier=0.25, image_size=SIDE),
    "resnet": lambda: transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 2], layer_type="basic"
    ),
    "convnext": lambda: transformers.ConvNextConfig(
        num_stages=2, hidden_sizes=[8, 16], depths=[1, 2], patch_size=4, layer_scale_init_value=0.5
    ),
    "vit": lambda: transformers.ViTConfig(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, image_size=SIDE, patch_size=8
    ),
    "dinov2": lambda: transformers.Dinov2Config(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=2, mlp_ratio=2, image_size=SIDE, patch_size=8
    ),
    "swin": lambda: transformers.SwinConfig(
        image_size=SIDE, patch_size=4, embed_dim=8, depths=[2, 2], num_heads=[2, 4], window_size=4
    ),
    "bert": lambda: transformers.BertConfig(**_bert_like()),
    "distilbert": lambda: transformers.DistilBertConfig(
        vocab_size=4 + len(WORDS),
        dim=24,
        n_layers=2,
        n_heads=2,
        hidden_dim=32,
        max_position_embeddings=40,
        pad_token_id=1,
    ),
    "roberta": lambda: transformers.RobertaConfig(**_bert_like()),
    "xlm-roberta": lambda: transformers.XLMRobertaConfig(**_bert_like()),
    "mpnet": lambda: transformers.MPNetConfig(**_bert_like()),
    "modernbert": lambda: transformers.ModernBertConfig(**_bert_like(cls_token_id=0, sep_token_id=2)),
}


def write_base(folder: Path, family: str, *, labels: int = 5, seed: int = 0, head: bool | None = None) -> Path:
    """Write a random base; pictures come with a classifier of their own unless ``head`` is false, texts without."""
    config = CONFIGS[family]()
    task = IMAGE if family in IMAGE_FAMILIES else TEXT
    config.num_labels = labels
    torch.manual_seed(seed)
    if task == IMAGE and head is not False:
        model = transformers.AutoModelForImageClassification.from_config(config)  # type: ignore[no-untyped-call]
    else:
        model = transformers.AutoModel.from_config(config)  # type: ignore[no-untyped-call]
    _enliven(model)
    model.save_pretrained(folder)
    if task == IMAGE:
        settings = {
            "image_processor_type": "ViTImageProcessor", "do_resize": True, "size": {"height": SIDE, "width": SIDE},
            "resample": 2, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True,
            "image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.25, 0.25],
        }  # fmt: skip
        (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    else:
        _tokenizer().save_pretrained(folder)
    return folder


def _enliven(model: Any) -> None:
    """Random weights of transformers are so small that every input looks alike; real ones are not."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.mul_(6.0 if parameter.dim() == 2 else 4.0)
            elif "bias" in name or "beta" in name:
                parameter.normal_(std=0.2)
    norms = [part for part in model.modules() if isinstance(part, torch.nn.BatchNorm2d)]
    if norms:
        for part in norms:
            part.momentum = None
        model.train()
        with torch.no_grad():
            model(pixel_values=torch.randn(16, 3, SIDE, SIDE))
        model.eval()


def _tokenizer() -> Any:
    vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3} | {word: 4 + i for i, word in enumerate(WORDS)}
    raw = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    raw.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return transformers.PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=raw, pad_token="<pad>", unk_token="<unk>", cls_token="<s>", sep_token="</s>",
        model_input_names=["input_ids", "attention_mask"],
    )  # fmt: skip


def open_tiny(folder: Path, family: str, **more: Any) -> Base:
    """Write and open in one go."""
    task = IMAGE if family in IMAGE_FAMILIES else TEXT
    return open_base(write_base(folder / family, family, **more), family, task)


_SHARED = tempfile.TemporaryDirectory(prefix="touchstone-tiny-")


@functools.cache
def shared(family: str) -> Base:
    """One base of a family for all tests of a process that only read it."""
    return open_tiny(Path(_SHARED.name), family)


class Listed(list[Any]):
    """Inputs that are already there."""

    opened = 0

    def __getitem__(self, index: Any) -> Any:
        type(self).opened += 1
        return super().__getitem__(index)

    def take(self, indices: Any) -> Listed:
        return Listed([list.__getitem__(self, int(i)) for i in indices])


def pictures(n: int, seed: int = 0) -> list[Any]:
    """Smooth random pictures of odd sizes."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(n):
        coarse = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
        made.append(coarse.resize((40 + int(rng.integers(9)), 36), Image.Resampling.BILINEAR))
    return made


def sentences(n: int, seed: int = 0) -> list[str]:
    """Random sentences of 1 to 12 words."""
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, size=int(rng.integers(1, 13)))) + f" {i}" for i in range(n)]


def examples(task: str, n: int, seed: int = 0) -> Examples:
    """Labelled examples of two classes."""
    from touchstone.core.digest import of_bytes

    inputs = Listed(pictures(n, seed) if task == IMAGE else sentences(n, seed))
    content = [item.tobytes() if task == IMAGE else item.encode() for item in list(inputs)]
    digests = tuple(of_bytes(raw).removeprefix("sha256:") for raw in content)
    labels = np.arange(n, dtype=np.int64) % 2
    return Examples(task, tuple(str(i) for i in range(n)), inputs, labels, digests)
