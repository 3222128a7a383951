"""The YAML head of a model card, read strictly: no tags, no aliases, bounded in size and depth."""

from __future__ import annotations

import re
from typing import Any

MAXIMUM_CHARACTERS = 64 << 10
MOST_EVENTS = 20_000
DEEPEST = 12
_HEAD = re.compile(r"\A---[ \t]*\r?\n(?P<head>.*?)^---[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)


class HeadFault(ValueError):
    """The head of a card that cannot be read, in one line."""


def split(text: str) -> tuple[dict[str, Any], str]:
    """The head as plain data, and the text below it; a card without a head has an empty one.

    Raises
    ------
    HeadFault
        where the head is no plain YAML mapping
    """
    match = _HEAD.match(text)
    if match is None:
        return {}, text
    return _read(match["head"]), text[match.end() :]


def body(text: str) -> str:
    """The text below the head, whatever the head is."""
    match = _HEAD.match(text)
    return text[match.end() :] if match else text


def _read(head: str) -> dict[str, Any]:
    import yaml

    if len(head) > MAXIMUM_CHARACTERS:
        raise HeadFault("its head is too long")
    try:
        _check(head)
        value = yaml.load(head, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as fault:
        raise HeadFault(f"its head is no plain YAML ({type(fault).__name__})") from fault
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise HeadFault("its head is no mapping")
    return {str(key): item for key, item in value.items()}


def _check(head: str) -> None:
    """Events are counted before anything is built: an alias could grow without end, a tag could name a class."""
    import yaml

    depth = 0
    for count, event in enumerate(yaml.parse(head, Loader=yaml.SafeLoader)):
        if count > MOST_EVENTS or isinstance(event, yaml.AliasEvent):
            raise HeadFault("it is too long or repeats itself by alias")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST or getattr(event, "tag", None) is not None:
            raise HeadFault("it is too deep or names a type")
