"""What the supply checks speak of, and what they say where the files could not be had."""

from __future__ import annotations

from touchstone.checks.context import Context
from touchstone.supply.vetted import Vetted

NOT_AT_HAND = "The model's files could not be had, so nothing about them is known."


def bases(context: Context) -> list[Vetted]:
    """The base models among what was vetted; of an adapted model only the files are asked about."""
    return [vetted for vetted in context.vetted if vetted.role == "base"]
