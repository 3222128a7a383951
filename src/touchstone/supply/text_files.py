"""JSON, configuration and plain text."""

from __future__ import annotations

import json
import re
from typing import Any

from touchstone.supply.blob import Blob
from touchstone.supply.config_keys import unknown_keys, without
from touchstone.supply.config_rules import check_modules, check_settings, check_template
from touchstone.supply.content import LARGEST_TEXT
from touchstone.supply.integrity import CHECKSUMS
from touchstone.supply.judgement import Judgement, Made
from touchstone.supply.outcome import Outcome
from touchstone.supply.rules import Held, Refused
from touchstone.supply.signing import SIGNATURE
from touchstone.supply.strict_json import TOKENIZER_BYTES, Bounds, parse_json
from touchstone.supply.timm_config import TIMM, check_timm, model_type
from touchstone.supply.work import OBJECT

_LOADED_JSON = frozenset({
    "added_tokens.json", "chat_template.json", "config.json", "config_sentence_transformers.json", "feature_extractor_config.json",
    "generation_config.json", "image_processor_config.json", "merges.json", "modules.json", "preprocessor_config.json",
    "processor_config.json", "sentence_bert_config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json",
    "video_preprocessor_config.json", "vocab.json",
})  # fmt: skip
_LOADED_TEXT = frozenset({"vocab.txt", "merges.txt", "spiece.vocab"})
DOCUMENT = re.compile(
    r"(readme|licen[cs]e|notice|copying|copyright|authors|citation|model_?card|use_policy|usage_policy|changelog)\b.*",
    re.IGNORECASE,
)
_PLAIN = (".txt", ".md", ".rst")
_GIT = frozenset({".gitattributes", ".gitignore", ".gitkeep"})
_VOUCHING = frozenset({SIGNATURE, *(name.lower() for name in CHECKSUMS)})
"""What vouches for the other files; `supply.integrity` judges it."""
_CODE = (
    ".py", ".pyc", ".pyi", ".ipynb", ".sh", ".bash", ".bat", ".cmd", ".ps1", ".js", ".ts", ".mjs", ".rb", ".pl", ".php", ".lua", ".r",
    ".c", ".cc", ".cpp", ".cu", ".h", ".java", ".go", ".rs", ".html", ".htm", ".svg",
)  # fmt: skip
_YAML_CODE = re.compile(
    r"!!?(?:python|java|ruby|perl|js)\b|tag:yaml\.org,2002:python|^\s*[\"']?(_target_|_args_|_partial_|auto_map|trust_remote_code)[\"']?\s*:",
    re.MULTILINE | re.IGNORECASE,
)
_POINTER = "version https://git-lfs.github.com/spec/"
_SHARD = re.compile(r"[A-Za-z0-9._-]{1,128}\.safetensors")
_PICKLED_SHARD = re.compile(r"[A-Za-z0-9._-]{1,128}\.bin")


def base_name(name: str) -> str:
    """The last part of a path inside the model."""
    return name.rsplit("/", 1)[-1]


def is_cache_note(name: str) -> bool:
    """Whether a file is a note that the hub's download tool leaves in the folder."""
    return "/.cache/huggingface/" in f"/{name}"


def judge_json(blob: Blob, name: str) -> Judgement:
    """A JSON file: kept where loading code looks for one of that name, else only read."""
    short = base_name(name)
    if name.endswith(".ipynb"):
        raise Held("code.file", "it is a notebook, which is program code")
    data = blob.exactly(0, min(blob.size, TOKENIZER_BYTES + 1))
    blob.work.spend_on_json(data)
    value = parse_json(data, Bounds(TOKENIZER_BYTES if short == "tokenizer.json" else Bounds().bytes))
    if short == "modules.json":
        check_modules(value)
    if isinstance(value, dict) and "weight_map" in value:
        return _index(blob, name, value)
    check_settings(value)
    if short == "config.json" and isinstance(value, dict) and model_type(value) == TIMM:
        check_timm(value)
    judgement = Judgement("JSON", Outcome.ACCEPT)
    if short not in _LOADED_JSON:
        judgement.notes.append("no loading code looks for a file of this name, so it is left out of the working copy")
        return judgement
    dropped = unknown_keys(value) if short == "config.json" and isinstance(value, dict) else ()
    if dropped:
        text = json.dumps(without(value, dropped), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        judgement.made.append(Made.of_bytes(name, text.encode()))
        judgement.notes.append(
            f"settings that {model_type(value)} does not know are left out: {', '.join(map(_shown, dropped[:20]))}"
        )
        judgement.details["dropped_keys"] = list(dropped)
    else:
        judgement.made.append(Made.of_blob(name, blob))
    return judgement


def _index(blob: Blob, name: str, value: dict[str, Any]) -> Judgement:
    shards = value["weight_map"]
    if not isinstance(shards, dict) or not shards or not all(isinstance(shard, str) for shard in shards.values()):
        raise Refused("index.shards", "its weight_map names no shards")
    check_settings({key: inner for key, inner in value.items() if key != "weight_map"})
    judgement = Judgement("JSON", Outcome.ACCEPT, details={"weight_map": shards})
    files = set(shards.values())
    if all(_SHARD.fullmatch(shard) for shard in files):
        judgement.made.append(Made.of_blob(name, blob))
    elif all(_PICKLED_SHARD.fullmatch(shard) for shard in files):
        renamed = {**value, "weight_map": {tensor: _converted_name(shard) for tensor, shard in shards.items()}}
        head = name[: len(name) - len(base_name(name))]
        made = Made.of_bytes(
            f"{head}model.safetensors.index.json", json.dumps(renamed, indent=1, ensure_ascii=False).encode()
        )
        judgement.made.append(made)
        judgement.outcome = Outcome.CONVERT
    else:
        odd = min(shard for shard in files if not _SHARD.fullmatch(shard))
        raise Refused("index.escape", f"it looks for weights at {ascii(odd)[:120]}")
    return judgement


def _converted_name(shard: str) -> str:
    return (
        "model" * shard.startswith("pytorch_model")
        + shard.removeprefix("pytorch_model").removesuffix(".bin")
        + ".safetensors"
    )


def judge_text(blob: Blob, name: str) -> Judgement:
    """A UTF-8 text: documents and vocabularies are kept, programs and unknown texts held."""
    short = base_name(name)
    lowered = short.lower()
    if blob.size > LARGEST_TEXT:
        raise Held("file.unknown", f"it is a text of {blob.size:,} bytes, more than is read here")
    text = blob.exactly(0, blob.size).decode("utf-8")
    if text.startswith(_POINTER):
        raise Refused("file.pointer", "it is a Git LFS pointer, not the content")
    judgement = Judgement("text", Outcome.ACCEPT)
    document = bool(DOCUMENT.fullmatch(short)) or lowered.endswith(_PLAIN)
    if lowered.endswith(_CODE) or (text.startswith("#!") and not document):
        raise Held("code.file", "it is program code")
    if short in _LOADED_TEXT or DOCUMENT.fullmatch(short):
        judgement.made.append(Made.of_blob(name, blob))
    elif lowered.endswith(".jinja"):
        blob.work.spend(OBJECT * text.count("{"))
        check_template(text)
        judgement.made.append(Made.of_blob(name, blob))
    elif document or short in _GIT or lowered in _VOUCHING or is_cache_note(name):
        judgement.notes.append("no loading code looks for a file of this name, so it is left out of the working copy")
    elif found := _YAML_CODE.search(text):
        raise Refused(
            "config.yaml", f"it is YAML with `{_shown(found.group().strip())}`, which names code to be called"
        )
    else:
        raise Held("file.unknown", "it is a text that no loading code here looks for")
    return judgement


def _shown(text: str) -> str:
    return ascii(text)[1:-1][:80]
