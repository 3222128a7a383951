"""Markdown from strings that come from outside: nothing in them is read as markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from touchstone.report.wording import clip

# What can open a link, a picture, emphasis, code, a table cell, mathematics or a heading inside a line.
_SPECIAL = re.compile(r"[\\`*\[\]#!|~$]|(?<![^\W_])_|_(?![^\W_])")
# What makes a list, a quote, a rule or a heading at the start of a line.
_LEADING = re.compile(r"^(\d+)([.)])(?=\s|$)|^()([-+=])(?=[\s=-]|$)")
# Addresses that some readers of Markdown turn into links by themselves.
_ADDRESS = re.compile(r"(?i)\b(https?|ftp)://|\b(javascript|data|mailto|vbscript):(?=\S)|\bwww\.|@(?=\w)")


def escape(value: Any, length: int = 600) -> str:
    r"""One line of plain text, every mark of Markdown and HTML made harmless.

    Examples
    --------
    >>> escape("[a](javascript:b) <img src=x>")
    '\\[a\\](javascript&#58;b) &lt;img src=x&gt;'
    """
    text = clip(value, length).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _SPECIAL.sub(lambda found: "\\" + found[0], text)
    text = _LEADING.sub(lambda found: (found[1] or "") + "\\" + (found[2] or found[4]), text)
    return _ADDRESS.sub(lambda found: found[0].replace(":", "&#58;").replace(".", "&#46;").replace("@", "&#64;"), text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table's lines; cells are escaped already."""
    return [_row(head), _row("---" for _ in head), *(_row(cells) for cells in rows)]


def bullets(lines: Iterable[str]) -> list[str]:
    """A list's lines; they are escaped already."""
    return [f"- {line}" for line in lines]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
