"""The ``adapt`` part of a study file: the user's recipes, augmentation, seeds and budget."""

from __future__ import annotations

import re
from typing import Any, Literal

from touchstone.core.measures import FIRST_BLOCKS
from touchstone.core.recipe import Lora, Recipe
from touchstone.study.model import Adapt, Budget
from touchstone.study.nodes import Node
from touchstone.study.reading import Reading, Unread, suggestion
from touchstone.study.vocabulary import IMAGE_AUGMENTATIONS, OPTIMIZERS, RESERVED_RECIPES, TEXT_AUGMENTATIONS

_NAME = re.compile(r"[\w][\w .+-]{0,63}")


class AdaptReading:
    """Reads ``adapt``; which augmentations exist depends on the task."""

    def __init__(self, reading: Reading, task: str | None) -> None:
        self.reading = reading
        self.augmentations = {
            "image-classification": IMAGE_AUGMENTATIONS,
            "text-classification": TEXT_AUGMENTATIONS,
            "tabular-classification": (),
        }.get(task or "", IMAGE_AUGMENTATIONS + TEXT_AUGMENTATIONS)

    def adapt(self, node: Node, path: str) -> Adapt:
        """The whole part."""
        read = self.reading
        return Adapt(**read.mapping(node, path, {
            "recipes": self.recipes, "augment": self.augment, "seeds": read.integer(1, 100), "budget": self.budget,
        }))  # fmt: skip

    def budget(self, node: Node, path: str) -> Budget:
        """Minutes and energy, each optional."""
        number = self.reading.number(above=0)
        return Budget(**self.reading.mapping(node, path, {"minutes": number, "energy_wh": number}))

    def augment(self, node: Node, path: str) -> tuple[str, ...] | Literal["none", "auto"]:
        """``none``, ``auto`` or names."""
        if not node.is_sequence:
            word = self.reading.text(node, path)
            if word == "none":
                return "none"
            if word == "auto":
                return "auto"
        names = self.reading.texts(node, path)
        for name in names:
            if name not in self.augmentations:
                known = (*self.augmentations, "none", "auto")
                self.reading.note(node, path, f"unknown augmentation {name!r}", suggestion(name, known))
        return names or "none"

    def recipes(self, node: Node, path: str) -> tuple[Recipe, ...]:
        """``auto`` or a list of recipes."""
        if not node.is_sequence:
            if node.text == "auto":
                return ()
            raise self.reading.refuse(node, path, f"{path} is {node.said()}", "write auto, or a list of recipes")
        found: list[Recipe] = []
        for index, item in enumerate(node.value):
            try:
                recipe = self.recipe(item, f"{path}[{index}]")
            except Unread:
                continue
            if any(recipe.name == other.name for other in found):
                self.reading.note(item, f"{path}[{index}]", f"two recipes are named {recipe.name!r}", "rename one")
            found.append(recipe)
        return tuple(found)

    def recipe(self, node: Node, path: str) -> Recipe:
        """One recipe; what it leaves out takes the default."""
        read = self.reading
        values = read.mapping(
            node, path,
            {
                "name": self._name, "layers": self._layers, "optimizer": read.choice(OPTIMIZERS),
                "learning_rate": read.number(above=0, high=100), "warmup": read.number(0, below=1),
                "epochs": read.integer(1, 10_000), "batch_size": read.integer(1, 65_536),
                "weight_decay": read.number(0, 10), "layer_decay": read.number(above=0, high=1),
                "label_smoothing": read.number(0, below=1), "augment": self.augment, "lora": self._lora,
                "probe_first": read.flag, "gradual": read.flag,
            },
            required=("name",),
        )  # fmt: skip
        if "name" not in values:
            raise Unread("no name")
        if values.get("lora") and values.get("layers") == "head":
            mend = "take lora away, or thaw blocks"
            read.note(node.value["lora"][0], f"{path}.lora", "lora changes blocks, but layers is head", mend)
        return Recipe(user=True, **values)

    def _name(self, node: Node, path: str) -> str:
        name = self.reading.text(node, path)
        if name in RESERVED_RECIPES or FIRST_BLOCKS.fullmatch(name):
            raise self.reading.refuse(node, path, f"a recipe cannot be named {name!r}, like a reference", "rename it")
        if not _NAME.fullmatch(name):
            mend = "use letters, digits, space, dot, plus, dash"
            raise self.reading.refuse(node, path, f"the recipe's name {name!r} cannot be used", mend)
        return name

    def _layers(self, node: Node, path: str) -> int | str:
        if node.text in ("head", "all"):
            return node.text
        if isinstance(node.value, int) and not isinstance(node.value, bool) and 1 <= node.value <= 1000:
            return node.value
        mend = "write head, all, or how many top blocks to thaw"
        raise self.reading.refuse(node, path, f"{path} is {node.said()}", mend)

    def _lora(self, node: Node, path: str) -> Lora:
        read = self.reading
        if isinstance(node.value, int) and not isinstance(node.value, bool):
            return Lora(rank=read.integer(1, 4096)(node, path), alpha=2.0 * node.value)
        values: dict[str, Any] = read.mapping(
            node, path, {"rank": read.integer(1, 4096), "alpha": read.number(above=0)}, required=("rank",)
        )
        return Lora(**values)
