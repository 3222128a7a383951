"""What an assessed model is asked before its scores count: its classes, and whose child it is; whole ones are in test_run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.nn.tiny import open_tiny, shared
from touchstone.core.errors import StudyError
from touchstone.nn.base_model import open_base
from touchstone.nn.export import export
from touchstone.nn.families import classifier
from touchstone.pipeline.assess import _among, _stranger, _strays, columns_of, kinship_of


def test_the_models_classes_are_found_by_name_in_any_order() -> None:
    assert columns_of(("b", "x", "a"), ("a", "b"), "m") == [2, 0]


@pytest.mark.parametrize(
    ("theirs", "mend"), [(("LABEL_0", "LABEL_1"), "id2label"), (("a",), "was not trained on"), (("c", "d"), "id2label")]
)
def test_a_class_that_the_model_lacks_is_named_with_its_mend(theirs: tuple[str, ...], mend: str) -> None:
    with pytest.raises(StudyError, match="knows no class") as caught:
        columns_of(theirs, ("a", "b"), "m")
    assert mend in str(caught.value)


def test_answers_of_classes_that_the_data_lack_are_counted_and_left_out() -> None:
    found = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.2, 0.7, 0.1]])
    assert _strays(found, ("a", "b", "x"), [0, 1]) == {"x": 1}
    assert _strays(found, ("a", "b", "c"), [0, 1, 2]) == {}
    ours = _among(found, [1, 0])
    assert ours.sum(1) == pytest.approx(1) and ours[1] == pytest.approx([2 / 3, 1 / 3])


@pytest.mark.parametrize(("kinship", "told"), [(0.99, None), (0.2, None), (0.01, "chance"), (-0.02, "chance")])
def test_a_model_whose_weights_are_unlike_the_bases_is_no_child_of_it(kinship: float, told: str | None) -> None:
    why = _stranger(kinship)
    assert (why is None) if told is None else (why is not None and told in why)
    assert _stranger(None) == "it is of another architecture"


@pytest.mark.parametrize("depth", [1, 2])
def test_an_export_that_has_more_blocks_or_fewer_is_still_a_child_of_its_base(depth: int, tmp_path: Path) -> None:
    base = shared("bert")
    export(classifier(base, ("a", "b", "c"), depth=depth), base, tmp_path / "model", ("a", "b", "c"))
    theirs = open_base(tmp_path / "model", "model", base.task)
    assert (len(theirs.blocks) != len(base.blocks)) is (depth == 2)  # one more block takes the mean
    kinship = kinship_of(base, theirs)
    assert kinship is not None and kinship > 0.4 and _stranger(kinship) is None


def test_strangers_and_other_architectures_have_no_kinship(tmp_path: Path) -> None:
    base = shared("bert")
    other = open_tiny(tmp_path / "other", "bert", seed=9)
    assert abs(kinship_of(base, other) or 0.0) < 0.3  # tiny weights are alike by chance
    assert kinship_of(base, shared("roberta")) is None
