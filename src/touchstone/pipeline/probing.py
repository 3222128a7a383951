"""Features of the data for checks of labels and coverage: a base's where the run has one, else simple ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from touchstone.core.progress import Progress

if TYPE_CHECKING:
    from touchstone.dataset.model import Dataset, Examples
    from touchstone.dataset.probed import Probed

MOST, MOST_OF_MANY, MANY = 5000, 3000, 20
"""Labelled examples that are looked at, and where there are more than 20 classes: enough to know a share well."""
SIMPLE = "simple features"
_AXES = 256


class Prober:
    """Makes features when a check first asks for them."""

    def __init__(self, data: Dataset, progress: Progress, seed: int) -> None:
        self._data, self._progress, self._seed = data, progress, seed
        self._backbone: Callable[[Examples], Any] | None = None
        self._space: Callable[[Examples], Any] | None = None
        self._probed: Probed | None = None
        self.source = SIMPLE

    def use(self, source: str, backbone: Callable[[Examples], Any]) -> None:
        """Take the features of a base model, (n, d) from its bank, instead of simple ones."""
        self.source, self._backbone = source, backbone

    def probed(self) -> Probed | None:
        """Labelled training examples with held-out predictions; None where there are too few of two classes."""
        if self._probed is None:
            self._probed = self._probe()
        return self._probed

    def features(self, examples: Examples) -> Any:
        """Any examples in the same space as ``probed().features``."""
        assert self._space is not None or self.probed() is not None, "the space is learnt from the training data"
        assert self._space is not None, "probing learns the space"
        return self._space(examples)

    def _probe(self) -> Probed | None:
        import numpy as np

        from touchstone.dataset.model import UNLABELLED
        from touchstone.dataset.probed import Probed
        from touchstone.evaluate.held_out import held_out
        from touchstone.linear.folds import sample

        given = self._data.given["train"]
        known = np.flatnonzero(given.labels != UNLABELLED)
        # copies of one content would vouch for their own label
        known = known[np.sort(np.unique(np.array(given.digests)[known], return_index=True)[1])]
        if len(known) < 2 or len(np.unique(given.labels[known])) < 2:
            return None
        most = MOST_OF_MANY if len(self._data.classes) > MANY else MOST
        some = given.take(known[sample(given.labels[known], most, seed=self._seed)])
        if some.groups is not None and len(set(some.groups)) < 2:
            return None
        matrix = self._learnt(some)
        groups = None if some.groups is None else np.unique(np.array(some.groups), return_inverse=True)[1]
        made = held_out(matrix, some.labels, len(self._data.classes), groups, seed=self._seed)
        return Probed(some, matrix, made.probabilities, made.penalty_c, self.source)

    def _learnt(self, some: Examples) -> Any:
        if self._backbone is None and some.task == "text-classification":
            from touchstone.candidates.text_features import fit_text_features

            words = fit_text_features(_inputs(some))
            self._space = lambda examples: words.apply(_inputs(examples))
            return self._space(some)
        raw = self._raw(some)
        matrix = raw(some)
        from touchstone.linear.rotation import fit_rotation

        rotation = fit_rotation(matrix, rank=_AXES, seed=self._seed)
        self._space = lambda examples: rotation.apply(raw(examples))
        return rotation.apply(matrix)

    def _raw(self, some: Examples) -> Callable[[Examples], Any]:
        if self._backbone is not None:
            return self._backbone
        if some.task == "tabular-classification":
            from touchstone.candidates.table_features import fit_table_features

            table = fit_table_features(_inputs(some))
            return lambda examples: table.apply(_inputs(examples))
        from touchstone.candidates.non_transfer import raw_features

        return lambda examples: raw_features(examples, progress=self._progress)


def _inputs(examples: Examples) -> list[Any]:
    return [examples.inputs[i] for i in range(len(examples))]
