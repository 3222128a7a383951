"""What training and predicting in one study share: data, base, splits to predict, seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from touchstone.pipeline.bench import Bench
from touchstone.pipeline.ranking import Ranking, features, group_numbers

if TYPE_CHECKING:
    from touchstone.dataset.model import Dataset, Examples
    from touchstone.nn.assembly import TrainingData
    from touchstone.nn.base_model import Base


@dataclass(frozen=True)
class Arena:
    """One base, one dataset: where every candidate of a study is made."""

    bench: Bench
    data: Dataset
    ranking: Ranking

    @property
    def base(self) -> Base:
        return self.ranking.base

    @cached_property
    def splits(self) -> Mapping[str, Examples]:
        """Every split that candidates predict, without labels; ``left_out`` are test examples that had leaked."""
        leaked = {} if self.data.left_out is None else {"left_out": self.data.left_out}
        return {"validation": self.data.validation, "test": self.data.test, **self.data.shift, **leaked}

    @cached_property
    def train_blocks(self) -> Mapping[str, Any]:
        """Frozen features of the training examples, by block."""
        blocks: Mapping[str, Any] = features(self.bench, self.base, self.data.train, expected=self.data.n_read).blocks
        return blocks

    @cached_property
    def split_blocks(self) -> Mapping[str, Mapping[str, Any]]:
        """Frozen features of every split, by block."""
        return {
            name: features(self.bench, self.base, examples, expected=self.data.n_read).blocks
            for name, examples in self.splits.items()
        }

    @cached_property
    def groups(self) -> Any:
        """Groups of the training examples as integers, or None."""
        return group_numbers(self.data.train)

    @cached_property
    def training(self) -> TrainingData:
        """What a training may see."""
        from touchstone.nn.assembly import TrainingData
        from touchstone.tasks import image

        augment = image.augment if self.data.task == "image-classification" else None
        return TrainingData(self.data.train, self.data.validation, self.data.classes, augment)

    @cached_property
    def rests_on(self) -> dict[str, str]:
        """Digests that every piece made here depends on."""
        return {"data": self.data.digest, "base": self.base.digest, "task": self.data.task}
