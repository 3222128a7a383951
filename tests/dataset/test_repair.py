from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from touchstone.dataset.repair import AS_GIVEN, Repair, repair


def planted(leaked: int, *, n: int = 1000, seed: int = 0) -> tuple[list[str], list[str], list[str]]:
    """Heads, labels and splits of examples of which ``leaked`` of the test set have a copy in train."""
    rng = np.random.default_rng(seed)
    labels = [f"class{k}" for k in rng.integers(0, 4, n)]
    heads = [f"h{i}" for i in range(n)]
    splits = ["train"] * (n * 7 // 10) + ["test"] * (n - n * 7 // 10)
    for k in range(leaked):
        heads[n - 1 - k], labels[n - 1 - k] = heads[k], labels[k]
    return heads, labels, splits


def is_whole(heads: list[str], mended: Repair) -> bool:
    where = defaultdict(set)
    for head, split in zip(heads, mended.splits, strict=True):
        where[head].add(split)
    return all(len(splits) == 1 for splits in where.values())


def sizes(labels: list[str], splits: list[str] | tuple[str, ...]) -> Counter:
    return Counter(zip(labels, splits, strict=True))


def test_a_clean_split_stays_as_it_is() -> None:
    heads, labels, splits = planted(0)
    mended = repair(heads, labels, splits)
    assert mended.splits == tuple(splits) and mended.n_moved == mended.least == 0
    assert set(mended.why) == {AS_GIVEN}


@pytest.mark.parametrize("leaked", [1, 10, 150])
def test_copies_come_together_and_classes_keep_their_sizes(leaked: int) -> None:
    heads, labels, splits = planted(leaked)
    mended = repair(heads, labels, splits)
    assert is_whole(heads, mended)
    before, after = sizes(labels, splits), sizes(labels, mended.splits)
    assert max(abs(after[key] - before[key]) for key in before | after) <= 1
    assert mended.least == leaked
    assert mended.n_moved <= 2 * leaked  # no more than one example back for each that moved


def test_pairs_that_lie_the_same_way_move_one_to_each_side() -> None:
    heads, labels, splits = planted(100)
    assert repair(heads, labels, splits).n_moved <= 104


def test_groups_of_several_sizes_stay_whole() -> None:
    rng = np.random.default_rng(3)
    heads = [f"patient{k}" for k in rng.integers(0, 120, 900)]
    labels = [("ill", "well")[k] for k in rng.integers(0, 2, 900)]
    splits = [("train", "validation", "test")[k] for k in rng.choice(3, 900, p=[0.7, 0.1, 0.2])]
    mended = repair(heads, labels, splits)
    assert is_whole(heads, mended)
    assert mended.least <= mended.n_moved <= 1.5 * mended.least
    before, after = Counter(splits), Counter(mended.splits)
    assert all(abs(after[name] - before[name]) <= 0.05 * 900 for name in before)


def test_the_order_of_examples_does_not_matter() -> None:
    heads, labels, splits = planted(40)
    order = np.random.default_rng(1).permutation(len(heads))
    mended = repair(heads, labels, splits)
    turned = repair(*([values[i] for i in order] for values in (heads, labels, splits)))
    assert [mended.splits[i] for i in order] == list(turned.splits)


@pytest.mark.parametrize("share", [0.02, 0.5])
def test_what_is_out_of_order_in_time_is_cut_anew(share: float) -> None:
    heads, labels, splits = planted(0)
    times = np.arange(1000.0)
    rng = np.random.default_rng(4)
    mixed = rng.permutation(1000)[: int(1000 * share)]
    times[mixed] = rng.permutation(times[mixed])
    mended = repair(heads, labels, splits, times.tolist())
    last = max(time for time, split in zip(times, mended.splits, strict=True) if split == "train")
    first = min(time for time, split in zip(times, mended.splits, strict=True) if split == "test")
    assert last < first
    assert abs(Counter(mended.splits)["test"] - 300) <= 1
    assert mended.n_moved <= len(mixed) + 1


def test_copies_on_both_sides_of_the_cut_are_left_out() -> None:
    heads, labels, splits = planted(10)
    times = list(np.arange(1000.0))
    times[0] = 999.5
    mended = repair(heads, labels, splits, times)
    left = [i for i, split in enumerate(mended.splits) if split == "left_out"]
    kept = [i for i in range(1000) if i not in set(left)]
    assert 1 <= len(left) <= 11
    whole = Repair(tuple(mended.splits[i] for i in kept), (), 0, 0)
    assert is_whole([heads[i] for i in kept], whole)


def test_a_split_of_one_unit_alone_is_left_as_it_can_be() -> None:
    mended = repair(["same"] * 6, ["a"] * 6, ["train"] * 4 + ["test"] * 2)
    assert set(mended.splits) == {"train"}
