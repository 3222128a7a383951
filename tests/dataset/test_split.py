from __future__ import annotations

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from touchstone.dataset.placement import place
from touchstone.dataset.split import TEST_SHARE


def placed(digests, labels, *, groups=None, times=None, family=None, wanted=("test", "validation")):
    found = place(digests, labels, family or {}, groups, times, wanted)
    return dict(zip(digests, found.split, strict=True)), found


def many(n: int, classes: int = 3) -> tuple[list[str], list[str]]:
    return [f"{i:08x}" for i in range(n)], [f"c{i % classes}" for i in range(n)]


def test_shares_hold_in_every_class() -> None:
    digests, labels = many(900)
    where, _ = placed(digests, labels)
    for label in ("c0", "c1", "c2"):
        counts = Counter(where[d] for d, one in zip(digests, labels, strict=True) if one == label)
        assert 40 <= counts["test"] <= 80
        assert 20 <= counts["validation"] <= 60


def test_order_of_examples_does_not_matter() -> None:
    digests, labels = many(300)
    where, _ = placed(digests, labels)
    order = list(range(300))
    random.Random(1).shuffle(order)
    again, _ = placed([digests[i] for i in order], [labels[i] for i in order])
    assert again == where


def test_adding_examples_moves_few() -> None:
    digests, labels = many(1000)
    before, _ = placed(digests[:700], labels[:700])
    after, _ = placed(digests, labels)
    moved = sum(before[one] != after[one] for one in before)
    assert moved <= 0.04 * 700


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=2, max_size=80), st.booleans())
def test_groups_and_copies_are_never_parted_and_no_class_leaves_train(rows, with_groups) -> None:
    digests = [f"{i:04x}" for i in range(len(rows))]
    labels = [f"c{label}" for label, _ in rows]
    kin = [f"g{group}" for _, group in rows]
    family = (
        {}
        if with_groups
        else {d: min(x for x, k in zip(digests, kin, strict=True) if k == g) for d, g in zip(digests, kin, strict=True)}
    )
    where, _ = placed(digests, labels, groups=kin if with_groups else None, family=family)
    for group in set(kin):
        assert len({where[d] for d, one in zip(digests, kin, strict=True) if one == group}) == 1
    train = {label for d, label in zip(digests, labels, strict=True) if where[d] == "train"}
    assert train == set(labels)


def test_every_class_of_three_or_more_gives_one_to_test() -> None:
    digests, labels = many(50, classes=10)
    where, _ = placed(digests, labels)
    tested = {label for d, label in zip(digests, labels, strict=True) if where[d] == "test"}
    assert len(tested) == 10


def test_later_time_goes_last_and_copies_across_the_cut_are_left_out() -> None:
    digests, labels = many(200)
    times = [float(i) for i in range(200)]
    family = {digests[199]: digests[0], digests[0]: digests[0]}
    where, found = placed(digests, labels, times=times, family=family)
    at = {split: [times[i] for i in found.rows(split)] for split in ("train", "validation", "test")}
    assert max(at["train"]) < min(at["validation"])
    assert max(at["validation"]) < min(at["test"])
    assert where[digests[199]] == "left_out"
    assert 30 <= len(at["test"]) <= 50


def test_groups_that_go_on_for_long_go_whole_and_it_is_said() -> None:
    digests, labels = many(200)
    groups = [f"g{i % 10}" for i in range(200)]
    where, found = placed(digests, labels, times=[float(i) for i in range(200)], groups=groups)
    assert any("groups go on for long" in note for note in found.notes)
    assert "left_out" not in where.values()
    assert abs(len(found.rows("test")) - TEST_SHARE * 200) <= 20


def test_unknown_times_stay_in_train() -> None:
    digests, labels = many(100)
    where, _ = placed(digests, labels, times=[float("nan")] * 10 + [float(i) for i in range(90)])
    assert all(where[one] == "train" for one in digests[:10])
