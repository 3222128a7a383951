"""The base families: where each keeps its stem, its blocks and its head. To add a family, add a row.

Block names are module paths inside the backbone. In memory a text model pools as :mod:`touchstone.nn.pooling`
says, so that the input of the head is the "penultimate" feature for every family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import nn

from touchstone.core.errors import Fault, ModelFilesError
from touchstone.nn.determinism import seeded
from touchstone.nn.loading import auto_class, load_config, load_weights, quiet
from touchstone.nn.pooling import pool_in_memory
from touchstone.nn.slimming import slim_config
from touchstone.nn.timm_layout import PREFIX, layout, pattern
from touchstone.supply.timm_config import TIMM

if TYPE_CHECKING:
    from touchstone.nn.base_model import Base

IMAGE, TEXT = "image-classification", "text-classification"
STEM = "stem"
SANE_DROPOUT = 0.1
GREATEST_DROPOUT = 0.5
BATCH_NORM_MOMENTUM = 0.1
PENULTIMATE = "penultimate"


@dataclass(frozen=True, slots=True)
class Family:
    """Where one architecture keeps what; paths are inside the backbone, ``*`` stands for a number."""

    name: str
    task: str
    stem: str
    blocks: str
    head: str = "classifier"
    """Path of the last linear layer, inside the whole model."""
    every: int = 1
    """One block is this many neighbouring modules; the last of them gives the output."""
    tail: str | None = None
    """A further module after the last block that counts as a block."""
    shared: str | None = None
    """A module that every block uses, trained only with the lowest block."""
    token_pooling: Literal["pooler", "token head", "pre_classifier", "prediction head"] | None = None
    """Which part of a text model stands between tokens and head."""
    channels_last: bool = False
    """Blocks give (B, H, W, C)."""


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family("mobilenet_v1", IMAGE, "conv_stem", "layer.*", every=2),
        Family("mobilenet_v2", IMAGE, "conv_stem", "layer.*", tail="conv_1x1"),
        Family("resnet", IMAGE, "embedder", "encoder.stages.*.layers.*", head="classifier.1"),
        Family("convnext", IMAGE, "embeddings", "encoder.stages.*.layers.*"),
        Family("vit", IMAGE, "embeddings", "layers.*"),
        Family("dinov2", IMAGE, "embeddings", "encoder.layer.*"),
        Family("swin", IMAGE, "embeddings", "encoder.layers.*.blocks.*"),
        Family(TIMM, IMAGE, "", ""),  # paths are found in the model: family_of
        Family("bert", TEXT, "embeddings", "encoder.layer.*", token_pooling="pooler"),
        Family("distilbert", TEXT, "embeddings", "transformer.layer.*", "classifier.1", token_pooling="pre_classifier"),
        Family("roberta", TEXT, "embeddings", "encoder.layer.*", "classifier.out_proj", token_pooling="token head"),
        Family("xlm-roberta", TEXT, "embeddings", "encoder.layer.*", "classifier.out_proj", token_pooling="token head"),
        Family("mpnet", TEXT, "embeddings", "encoder.layer.*", "classifier.out_proj",
               shared="encoder.relative_attention_bias", token_pooling="token head"),
        Family("modernbert", TEXT, "embeddings", "layers.*", token_pooling="prediction head"),
    )
}  # fmt: skip


def classifier(
    base: Base, classes: Sequence[str], *, pretrained: bool = True, seed: int = 0, slim: bool = False,
    depth: int | None = None,
) -> nn.Module:  # fmt: skip
    """A classification model on a base, in evaluation mode, with a fresh head for ``classes``.

    Parameters
    ----------
    base : a checked base model
    classes : names in order of their index
    pretrained : with the base's weights; otherwise all weights are drawn from ``seed``
    seed : of everything that is drawn, the head included
    slim : a network of the same family with half the width and half the layers; never pretrained, and only where
        :func:`can_be_slim` says so
    depth : how many blocks above the stem are kept; all by default, fewer only where :func:`ends_early` says so

    Returns
    -------
    a transformers classifier; ``head(model)`` sees the "penultimate" features. To save it for others, use
    :func:`touchstone.nn.export.export`: text models pool in memory by modules that transformers does not know.
    """
    config = load_config(base.path, base.written)
    if slim:
        config = slim_config(config)
        assert config is not None, "only what can be slim is asked to be"
    for key, value in label_maps(classes).items():
        setattr(config, key, value)
    config.problem_type = "single_label_classification"
    _tame_dropout(config)
    with seeded(seed):
        model = _loaded(base, config) if pretrained and not slim else _fresh(base.task, config)
        if depth is not None:
            _shorten(model, depth)
        _pool(model, base.pooling)
        layer = head(model)
        nn.init.normal_(layer.weight, std=0.02)
        nn.init.zeros_(layer.bias)
    _tame_batch_norm(model)
    return model.eval()


def ends_early(base: Base) -> bool:
    """Whether blocks can be left out above any other: the head then sees the layer-normalised mean of its tokens.

    So it is with encoders of texts that are pooled by the mean; MPNet, whose blocks share a weighing of tokens by place,
    and ModernBERT, which normalises before it pools, do not give the features that the bank holds.
    """
    family = FAMILIES[load_config(base.path, base.written).model_type]
    plain = family.token_pooling is not None and family.token_pooling != "prediction head"
    return plain and family.shared is None and base.pooling == "mean"


def layer_chain(model: nn.Module) -> nn.ModuleList:
    """The list that the layers of a text model run in."""
    chain = backbone(model).get_submodule(family_of(model).blocks.removesuffix(".*"))
    assert isinstance(chain, nn.ModuleList), "texts' encoders keep their layers in one list"
    return chain


def _shorten(model: Any, depth: int) -> None:
    chain = layer_chain(model)
    assert 0 < depth <= len(chain), "a part of its blocks is kept"
    del chain[depth:]
    model.config.num_hidden_layers = depth


def can_be_slim(base: Base) -> bool:
    """Whether a smaller network of the base's family can be made from its configuration; not of every one of timm's."""
    return slim_config(load_config(base.path, base.written)) is not None


def original(base: Base) -> tuple[nn.Module, bool]:
    """The base as it came, for frozen features, and whether it has a trained head of its own.

    Text models pool as ours do, so that a head of their own would not fit; they count as having none.
    """
    config = load_config(base.path, base.written)
    model, missing = load_weights(base.path, base.task, config, base.written)
    path = family_of(model).head
    _check_missing(base, model, missing)
    _pool(model, base.pooling)
    return model.eval(), base.task == IMAGE and not any(name.startswith(path) for name in missing)


def _loaded(base: Base, config: Any) -> nn.Module:
    model, missing = load_weights(base.path, base.task, config, base.written)
    _check_missing(base, model, missing)
    return model


def _check_missing(base: Base, model: nn.Module, missing: set[str]) -> None:
    inner: Any = model
    prefix = inner.base_model_prefix + "."
    own_head = family_of(model).head + "."  # timm keeps it inside
    lost = sorted(
        name for name in missing if name.startswith(prefix) and ".pooler." not in name and not name.startswith(own_head)
    )
    if lost:
        what = f"{len(lost)} weights of its backbone are not in the files, first {lost[0]}"
        raise ModelFilesError(Fault(base.written, what, "give the whole model"))


def _fresh(task: str, config: Any) -> nn.Module:
    with quiet():
        model: Any = auto_class(task).from_config(config)
        if config.model_type == TIMM:
            _initialise_as_timm(model, config)
    return model  # type: ignore[no-any-return]


def _initialise_as_timm(model: Any, config: Any) -> None:
    """Draw weights as timm does; transformers' wrapper draws all of them from one narrow normal distribution."""
    import timm

    own = timm.create_model(config.architecture, num_classes=config.num_labels, **config.model_args)
    model.timm_model.load_state_dict(own.state_dict())


def _pool(model: nn.Module, pooling: str) -> None:
    family = family_of(model)
    if family.token_pooling is not None:
        pool_in_memory(model, family.token_pooling, layer_chain(model), pooling)


def _tame_dropout(config: Any) -> None:
    """MobileNet's defaults in transformers are keep-probabilities read as drop-probabilities (0.999 and 0.8)."""
    for name in ("classifier_dropout_prob", "classifier_dropout", "seq_classif_dropout"):
        value = getattr(config, name, None)
        if value is not None and value > GREATEST_DROPOUT:
            setattr(config, name, SANE_DROPOUT)


def _tame_batch_norm(model: nn.Module) -> None:
    """MobileNet's momentum in transformers (0.997) is TensorFlow's: torch would keep the last batch alone."""
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d) and (part.momentum is None or part.momentum > GREATEST_DROPOUT):
            part.momentum = BATCH_NORM_MOMENTUM


def family_of(model: nn.Module) -> Family:
    """The family of a transformers model."""
    config: Any = model.config
    family = FAMILIES[config.model_type]
    if family.name != TIMM:
        return family
    found = layout(backbone(model))
    return replace(
        family, stem=found.stem, blocks=found.blocks, head=f"{PREFIX}.{found.head}", channels_last=found.channels_last
    )


def backbone(model: nn.Module) -> nn.Module:
    """The part of a classification model below its head; timm's holds the head, too."""
    inner = model.base_model
    assert isinstance(inner, nn.Module)
    return inner


def blocks(model: nn.Module) -> tuple[tuple[str, nn.Module], ...]:
    """Stem and blocks with their names, bottom to top, in the order in which they run."""
    family, inner = family_of(model), backbone(model)
    belongs = pattern(family.blocks).match
    chain = [(name, part) for name, part in inner.named_modules() if belongs(name)]
    chain = [(name, part) for name, part in chain if not getattr(part, "pools_tokens", False)]
    found = [(STEM, inner.get_submodule(family.stem)), *chain[family.every - 1 :: family.every]]
    if family.tail is not None:
        found.append((family.tail, inner.get_submodule(family.tail)))
    return tuple(found)


def head(model: nn.Module) -> nn.Linear:
    """The last linear layer; its input is the "penultimate" feature."""
    layer = model.get_submodule(family_of(model).head)
    assert isinstance(layer, nn.Linear)
    return layer


def head_parameters(model: nn.Module) -> tuple[nn.Parameter, ...]:
    """Everything trainable that stands above the backbone."""
    below = {id(parameter) for parameter in backbone(model).parameters()}
    below -= {id(parameter) for parameter in head(model).parameters()}
    return tuple(parameter for parameter in model.parameters() if id(parameter) not in below)


def parameter_depths(model: nn.Module) -> dict[str, int]:
    """For every parameter of the model by name, the index of the block it is trained with.

    The index counts as in :func:`blocks` (0 is the stem); the head has the index ``len(blocks(model))``. What
    stands between two blocks belongs to the upper one, what stands above the last to the last.
    """
    owners = {id(part): index for index, (_, part) in enumerate(blocks(model))}
    family, inner, top = family_of(model), backbone(model), len(owners) - 1
    shared = None if family.shared is None else inner.get_submodule(family.shared)
    last = head(model)
    depths: dict[int, int] = {}
    waiting: list[nn.Parameter] = []

    def walk(part: nn.Module) -> None:
        if part is shared:
            depths.update({id(parameter): 0 for parameter in part.parameters()})
        elif id(part) in owners:
            index = owners[id(part)]
            depths.update({id(parameter): index for parameter in [*waiting, *part.parameters()]})
            waiting.clear()
        elif part is not last:
            waiting.extend(part.parameters(recurse=False))
            for child in part.children():
                walk(child)

    walk(inner)
    depths.update({id(parameter): top for parameter in waiting})
    return {name: depths.get(id(parameter), top + 1) for name, parameter in model.named_parameters()}


def executed_below(model: nn.Module, index: int) -> tuple[tuple[str, nn.Module], ...]:
    """The outermost modules that need not run when the output of block ``index - 1`` is at hand.

    Every parameter in them has a depth below ``index``. The block ``index - 1`` itself is among them.
    """
    depths = {id(p): d for (_, p), d in zip(model.named_parameters(), parameter_depths(model).values(), strict=True)}
    found: list[tuple[str, nn.Module]] = []

    def walk(name: str, part: nn.Module) -> None:
        of_part = [depths[id(parameter)] for parameter in part.parameters()]
        if not of_part or min(of_part) >= index:
            return
        runs = type(part).forward is not nn.Module.forward and not isinstance(part, nn.ModuleList)
        if runs and max(of_part) < index:
            found.append((name, part))
        else:
            for child_name, child in part.named_children():
                walk(f"{name}.{child_name}" if name else child_name, child)

    walk("", model)
    return tuple(found)


def set_head(model: nn.Module, weight: Any, bias: Any) -> None:
    """Put a linear head on penultimate features in place: weight (K, d), bias (K,)."""
    layer = head(model)
    with torch.no_grad():
        layer.weight.copy_(torch.as_tensor(weight, dtype=layer.weight.dtype))
        layer.bias.copy_(torch.as_tensor(bias, dtype=layer.bias.dtype))


def label_maps(classes: Sequence[str]) -> dict[str, Any]:
    """The three entries of a configuration that name the classes."""
    return {
        "num_labels": len(classes),
        "id2label": dict(enumerate(classes)),
        "label2id": {name: index for index, name in enumerate(classes)},
    }
