"""What the supply checks say of a base model whose files could not be had."""

from __future__ import annotations

NOT_AT_HAND = "The model's files could not be had, so nothing about them is known."
