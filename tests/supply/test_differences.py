from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from touchstone.supply.differences import between
from touchstone.supply.manifest import Entry, Manifest

A, B, C = "a" * 64, "b" * 64, "c" * 64


def of(**files: str) -> Manifest:
    return Manifest.of(Entry(name, 1, digest) for name, digest in files.items())


def test_nothing_differs_from_itself() -> None:
    assert between(of(x=A, y=B), of(x=A, y=B)) == ()


def test_each_kind_is_told() -> None:
    found = between(of(same=A, edited=B, gone=C, old="d" * 64), of(same=A, edited=A, new="e" * 64, moved="d" * 64))
    assert {(d.kind, d.name, d.was) for d in found} == {
        ("changed", "edited", ""), ("missing", "gone", ""), ("extra", "new", ""), ("renamed", "moved", "old"),
    }  # fmt: skip


def test_files_set_aside_are_not_looked_at() -> None:
    assert between(of(x=A), of(x=A, sig=B), ["sig"]) == ()


def test_an_unread_file_never_counts_as_the_same() -> None:
    assert [d.kind for d in between(of(x=""), of(x=""))] == ["changed"]


digests = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.sampled_from([A, B, C]), max_size=5)


@given(digests, digests)
def test_it_is_silent_exactly_where_both_are_equal(first: dict[str, str], second: dict[str, str]) -> None:
    assert (between(of(**first), of(**second)) == ()) == (first == second)
