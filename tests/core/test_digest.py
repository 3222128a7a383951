"""Equal data have equal digests, different data do not."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from touchstone.core import digest

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), plain))
def test_the_order_of_keys_does_not_matter(data: dict[str, object]) -> None:
    assert digest.of_data(data) == digest.of_data(dict(reversed(data.items())))


def test_one_changed_byte_changes_the_digest(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(bytes(3_000_000))
    before = digest.of_file(path)
    assert before == digest.of_bytes(bytes(3_000_000))
    path.write_bytes(bytes(2_999_999) + b"\x01")
    assert digest.of_file(path) != before
