from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchstone.study.vocabulary import TEXT_AUGMENTATIONS
from touchstone.tasks.text import AUGMENTATIONS, augment

TEXT = "The card, which I ordered three weeks ago, still has not arrived; what should I do about it now?"


def test_the_study_file_knows_the_same_names() -> None:
    assert tuple(AUGMENTATIONS) == TEXT_AUGMENTATIONS


@pytest.mark.parametrize("name", TEXT_AUGMENTATIONS)
def test_each_repeats_itself_and_changes_something(name: str) -> None:
    changed = [augment(TEXT, [name], np.random.default_rng(seed)) for seed in range(12)]
    assert changed == [augment(TEXT, [name], np.random.default_rng(seed)) for seed in range(12)]
    assert any(one != TEXT for one in changed)


@given(st.text(min_size=1, max_size=40), st.integers(0, 9))
def test_no_text_becomes_empty(text: str, seed: int) -> None:
    changed = augment(text, list(TEXT_AUGMENTATIONS), np.random.default_rng(seed))
    assert bool(changed.strip()) == bool(text.strip())
