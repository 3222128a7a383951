"""The public names of the package, and where they come from."""

from __future__ import annotations

import touchstone


def test_every_public_name_is_there() -> None:
    for name in touchstone.__all__:
        assert getattr(touchstone, name).__name__ == name


def test_the_list_of_names_is_the_table_of_their_homes() -> None:
    assert sorted(touchstone._HOME_OF) == touchstone.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(touchstone, "Stduy")


def test_the_version_is_the_distribution_s() -> None:
    assert touchstone.__version__[0].isdigit()
