"""Roles of a table's columns, as a study names them."""

from __future__ import annotations

import pytest

from touchstone.core.errors import DatasetError
from touchstone.dataset.columns import assign_roles
from touchstone.study.model import Columns


@pytest.mark.parametrize(
    "columns", [Columns(input="kind", label="kind"), Columns("words", "kind", group="kind"), Columns("words", "kind", time="kind")]
)  # fmt: skip
def test_one_column_has_one_role(columns: Columns) -> None:
    with pytest.raises(DatasetError, match=r"'kind' is named for the .* and for the"):
        assign_roles(["words", "kind"], columns, "text-classification", "t.csv", labelled=True, split="train")
