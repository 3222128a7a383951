"""What a model's settings may not say: names of code, templates that reach inside Python, paths that lead away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from touchstone.supply.rules import Held, Refused

_CODE_KEYS = frozenset({
    "auto_map", "custom_pipelines", "_target_", "_args_", "_partial_", "_attn_implementation_internal",
    "_experts_implementation_internal", "py/object", "py/reduce", "py/function", "py/type", "__reduce__", "__reduce_ex__",
})  # fmt: skip
_IMPLEMENTATION = frozenset({"attn_implementation", "_attn_implementation"})
_OTHER_KEYS = frozenset({"trust_remote_code", "quantization_config", "_name_or_path"})
_CLASS_KEY = re.compile(
    r"(^|_)(class|classes|type|architectures?|processor|function|module|target|callable|factory)$|class_name"
)
_MODULE_FUNCTION = re.compile(r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$")
_AWAY = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://|/|\\\\|~|[A-Za-z]:[\\/])")
_KNOWN_QUANTISATION = frozenset({
    "aqlm", "auto-round", "awq", "bitnet", "bitsandbytes", "bitsandbytes_4bit", "bitsandbytes_8bit", "compressed-tensors",
    "compressed_tensors", "eetq", "fbgemm_fp8", "fp8", "gptq", "higgs", "hqq", "mxfp4", "quanto", "quark", "sinq", "spqr",
    "torchao", "vptq",
})  # fmt: skip

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_INNER = re.compile(r"__|\\x5f|\\u005f|\\137|\|\s*attr\b", re.IGNORECASE)
_REACHING = re.compile(r"\b(cycler|joiner|namespace|lipsum|self|request)\b")
_TEMPLATE_CHARACTERS = 1 << 20
_SENTENCE_TRANSFORMERS = "sentence_transformers."


def check_settings(value: Any) -> None:
    """Walk settings to any depth.

    Maps from text to whole numbers (vocabularies, label maps) are data whatever their keys are.

    Raises
    ------
    Refused
        for a setting that calls for code
    Held
        for one that a person should look at; a refusal anywhere goes before
    """
    held: Held | None = None
    dull: dict[str, bool] = {}
    for place, key, item in _settings(value):
        folded = key.strip().casefold()
        if folded not in dull:
            dull[folded] = _is_dull(folded)
        if dull[folded] and not (type(item) is str and "{" in item):
            continue
        _refuse_code(folded, item, place)
        held = held or _doubt(folded, item, place)
    if held:
        raise held


def check_modules(value: Any) -> None:
    """A ``modules.json`` of sentence-transformers: parts of that package alone, in folders of the model alone."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise Refused("json.strict", "modules.json is no list of modules")
    for entry in value:
        kind, path = entry.get("type"), entry.get("path", "")
        if not isinstance(kind, str) or not kind.startswith(_SENTENCE_TRANSFORMERS):
            raise Refused(
                "config.code",
                f"modules.json names the class {_shown(kind)}, which is imported when the model is loaded",
            )
        if not isinstance(path, str) or _AWAY.match(path) or ".." in path.replace("\\", "/").split("/"):
            raise Refused("index.escape", f"modules.json names the folder {_shown(path)}, outside of the model")


def check_template(text: str, place: str = "its template") -> None:
    """A Jinja template, never rendered here.

    Raises
    ------
    Held
        where it names what leads out of a sandbox
    """
    if len(text) > _TEMPLATE_CHARACTERS:
        raise Held("config.template", f"{place} has {len(text):,} characters")
    for tag in _TAG.findall(text):
        if found := _INNER.search(tag) or _REACHING.search(_QUOTED.sub("''", tag)):
            raise Held("config.template", f"{place} reaches for `{found.group().strip()}`")


def _settings(value: Any) -> Iterator[tuple[str, str, Any]]:
    """Every setting as (place, key, value); the elements of a list go by the list's key."""
    waiting: list[tuple[str, str, Any]] = [("", "", value)]
    while waiting:
        place, key, item = waiting.pop()
        yield place, key, item
        if type(item) is dict:
            if item and all(type(inner) is int for inner in item.values()):
                continue
            waiting.extend((f"{place}.{name}" if place else name, name, inner) for name, inner in item.items())
        elif type(item) is list and not all(type(inner) in (int, float) for inner in item):
            waiting.extend((place, key, inner) for inner in item)


def _is_dull(key: str) -> bool:
    """Whether no rule below looks at this key: vocabularies bring a hundred thousand such settings."""
    named = key in _CODE_KEYS or key in _IMPLEMENTATION or key in _OTHER_KEYS
    return not (named or key.startswith("kernel") or _CLASS_KEY.search(key))


def _refuse_code(key: str, item: Any, place: str) -> None:
    if key in _CODE_KEYS:
        raise Refused("config.code", f"its setting `{_short(place)}` names code to be loaded: {_shown(item)}")
    if key == "trust_remote_code" and item not in (False, None, 0):
        raise Refused("config.code", f"its setting `{_short(place)}` switches foreign code on")
    if (key.startswith("kernel") or key in _IMPLEMENTATION) and any("/" in text for text in _texts(item)):
        raise Refused("config.code", f"its setting `{_short(place)}` names code of a repository: {_shown(item)}")
    if type(item) is str and _CLASS_KEY.search(key) and _MODULE_FUNCTION.match(item):
        raise Refused("config.code", f"its setting `{_short(place)}` names a function to call: {_shown(item)}")


def _doubt(key: str, item: Any, place: str) -> Held | None:
    if key == "quantization_config" and isinstance(item, dict):
        method = str(item.get("quant_method", "none stated")).casefold()
        flagged = item.get("load_in_8bit") or item.get("load_in_4bit")
        if method not in _KNOWN_QUANTISATION and not flagged:
            return Held("config.doubtful", f"it asks for an unknown way of packing weights ({_shown(method)})")
    if key == "_name_or_path" and type(item) is str and _AWAY.match(item):
        return Held("config.doubtful", f"its setting `_name_or_path` points outside of the model: {_shown(item)}")
    if type(item) is str and ("{{" in item or "{%" in item):
        try:
            check_template(item, f"its `{_short(place)}`")
        except Held as held:
            return held
    return None


def _texts(item: Any) -> list[str]:
    if type(item) is str:
        return [item]
    inner = item.values() if type(item) is dict else item if type(item) is list else ()
    return [text for text in inner if type(text) is str]


def _shown(item: Any) -> str:
    return ascii(item)[:120]


def _short(place: str) -> str:
    return ascii(place)[1:-1][-80:]
