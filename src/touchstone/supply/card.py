"""A model card, field by field: what the files confirm, what is only claimed, and what is missing.

References
----------
Mitchell et al., "Model Cards for Model Reporting" (FAT* 2019); the field names are those of the Hugging Face Hub.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from touchstone.supply import front_matter
from touchstone.supply.documents import Documents
from touchstone.supply.stated import Stated
from touchstone.supply.timm_config import TIMM, model_type

State = Literal["verified", "claimed", "contradicted", "missing"]
LONGEST = 1000
"""Characters of a passage that are carried on; it is a quotation, and other people wrote it."""
FEWEST_WORDS = 4
"""A section with fewer words says nothing."""

_HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t]*#*$|^(.+)\n(?:=+|-{3,})[ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PLACEHOLDER = re.compile(
    r"\[\s*(?:more information needed|optional|todo)\s*\]|\b(?:more information needed|to be added|coming soon|tbd|todo|n/?a)\b\.?",
    re.IGNORECASE,
)
_HINT = re.compile(
    r"^\s*[-*]?\s*\*\*[^*\n]{1,60}:?\*\*:?\s*$", re.MULTILINE
)  # a template's bold label with nothing after it
_SECTIONS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "limits",
        re.compile(r"limitation|\bbias|\brisk|caveat|known issue|out[- ]of[- ]scope|ethical|\blimits\b", re.IGNORECASE),
    ),
    (
        "training_data",
        re.compile(
            r"(pre-?)?train(ing|ed)? (data|set|corpus|corpora)|^data(sets?)?( used)?$|training dataset", re.IGNORECASE
        ),
    ),
    ("intended_use", re.compile(r"intended use|direct use|downstream use|^uses?$|how to use|use cases", re.IGNORECASE)),
    ("evaluation", re.compile(r"evaluation|results|performance|benchmark|metrics", re.IGNORECASE)),
    ("training_procedure", re.compile(r"training|hyper-?parameters|fine-?tuning", re.IGNORECASE)),
    ("environment", re.compile(r"environment|carbon|emission|energy", re.IGNORECASE)),
    ("citation", re.compile(r"citation|bibtex|cite", re.IGNORECASE)),
)
_SAID = {
    "training_data": re.compile(
        r"[^.\n]*\b(?:pre-?trained|trained|fine-?tuned) (?:\w+ ){0,3}(?:on|with|using)\b[^\n]*", re.IGNORECASE
    ),
    "limits": re.compile(
        r"[^.\n]*\b(?:limitations?|limited to|should not be used|not (?:intended|suitable|meant|designed|recommended) for|"
        r"known (?:issues?|limits)|may (?:fail|produce|be biased)|biased|bias(?:es)? (?:in|of|from)|"
        r"(?:does|do|will|may|might) not (?:work|perform|generali[sz]e|transfer)|(?:fails?|struggles?) (?:on|in|at|for|with)|"
        r"(?:works?|performs?|does|do) (?:poorly|badly|worse))\b[^\n]*",
        re.IGNORECASE,
    ),
}
_LONE = re.compile("[\ud800-\udfff]")
_TASKS = {"image-classification": "ForImageClassification", "text-classification": "ForSequenceClassification"}
_HEAD_FIELDS = ("license", "language", "datasets", "base_model", "metrics", "library_name", "pipeline_tag", "tags")
_BODY_FIELDS = (
    "description",
    "intended_use",
    "training_data",
    "training_procedure",
    "evaluation",
    "limits",
    "environment",
    "citation",
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a card."""

    name: str
    state: State
    value: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What a model's card says. Every text in it is a quotation from outside."""

    file: str | None
    """None where the model has no card."""
    fields: tuple[Field, ...]
    licenses: tuple[str, ...] = ()
    """As the head states them: an SPDX id, a tag, or the name beside ``other``."""
    base_models: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    fault: str = ""
    """Why the head could not be read."""

    def __getitem__(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    @property
    def is_empty(self) -> bool:
        """Whether there is no card, or one that says nothing."""
        return not any(field.state != "missing" for field in self.fields)

    @property
    def training_data(self) -> str | None:
        """What is told about training data; None where nothing is."""
        return self["training_data"].value or ", ".join(self.datasets) or None

    @property
    def limits(self) -> str | None:
        """Known limits as told; None where nothing is."""
        return self["limits"].value or None

    def names(self, state: State) -> list[str]:
        """The fields in one state."""
        return [field.name for field in self.fields if field.state == state]


def parse(documents: Documents, license_of_text: str | None = None) -> Card:
    """Read a card and hold it against the model's other files.

    Parameters
    ----------
    license_of_text : the licence that the LICENSE file was recognised as
    """
    found = documents.card
    if found is None:
        return Card(None, tuple(Field(name, "missing") for name in (*_HEAD_FIELDS, *_BODY_FIELDS)))
    name, text = found
    fault = ""
    head: dict[str, Any] = {}
    try:
        head, _ = front_matter.split(text)
    except front_matter.HeadFault as problem:
        fault = str(problem)
    sections = _sections(front_matter.body(text))
    config = _config(documents.config)
    fields = [_head_field(key, head, config, license_of_text) for key in _HEAD_FIELDS]
    fields += [_body_field(key, sections) for key in _BODY_FIELDS]
    datasets = tuple(_texts(head.get("datasets")))
    return Card(name, tuple(fields), tuple(_licenses(head)), tuple(_texts(head.get("base_model"))), datasets, fault)


def filled(card: Card, file: str, stated: Stated) -> Card:
    """The card with what a manifest says where the card itself is silent; a claim like any other."""
    told = {"training_data": None if card.training_data else stated.training_data, "limits": stated.limits}
    fields = [
        Field(field.name, "claimed", told[field.name] or "", f"as {file} states")
        if field.state == "missing" and told.get(field.name)
        else field
        for field in card.fields
    ]
    return replace(card, file=card.file or (file if any(told.values()) else None), fields=tuple(fields))


def _licenses(head: Mapping[str, Any]) -> Iterable[str]:
    for tag in _texts(head.get("license")):
        named = head.get("license_name")
        yield (
            str(named)[:200]
            if tag.lower() in ("other", "unknown") and isinstance(named, str) and named.strip()
            else tag
        )


def _texts(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [
        str(item).strip()[:200] for item in items[:100] if isinstance(item, str | int | float) and str(item).strip()
    ]


def _config(text: str | None) -> Mapping[str, Any]:
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _head_field(name: str, head: Mapping[str, Any], config: Mapping[str, Any], license_of_text: str | None) -> Field:
    values = list(_licenses(head)) if name == "license" else _texts(head.get(name))
    if not values:
        return Field(name, "missing")
    told = ", ".join(values)[:LONGEST]
    architectures = _texts(config.get("architectures"))
    if name == "license" and license_of_text:
        from touchstone.supply.licences.table import table

        stated = table().find(values[0])
        same = stated is not None and stated.id == license_of_text
        return Field(name, "verified" if same else "contradicted", told, f"the licence text is {license_of_text}")
    if name == "library_name" and values[0].lower() == "transformers" and isinstance(config.get("model_type"), str):
        return Field(name, "verified", told, "config.json is of that library")
    if name == "library_name" and values[0].lower() == "timm" and model_type(dict(config)) == TIMM:
        return Field(name, "verified", told, "config.json is of that library")
    if name == "pipeline_tag" and values[0] in _TASKS and architectures:
        fits = any(architecture.endswith(_TASKS[values[0]]) for architecture in architectures)
        other = any(architecture.endswith(ending) for architecture in architectures for ending in _TASKS.values())
        if fits or other:
            return Field(name, "verified" if fits else "contradicted", told, f"config.json names {architectures[0]}")
    return Field(name, "claimed", told)


def _sections(text: str) -> dict[str, str]:
    """The prose by field; a passage below a heading that names no field belongs to the field above it, or describes."""
    plain = _COMMENT.sub(" ", text)
    outside = _FENCE.sub("", plain)
    found: dict[str, list[str]] = {}
    place, current, level = 0, "description", 0
    for match in _HEADING.finditer(outside):
        found.setdefault(current, []).append(outside[place : match.start()])
        title, depth = match.group(2) or match.group(3) or "", len(match.group(1) or "#")
        named = next((name for name, pattern in _SECTIONS if pattern.search(title.strip())), None)
        if named is not None or depth <= level:
            current, level = named or "description", depth
        place = match.end()
    found.setdefault(current, []).append(outside[place:])
    said = {name: _said("\n".join(parts)) for name, parts in found.items()}
    for name, pattern in _SAID.items():
        sentence = pattern.search(said.get("description", ""))
        if not said.get(name) and sentence is not None:
            said[name] = sentence.group().strip()
    return said


def _said(text: str) -> str:
    """A passage without placeholders; empty where it then says nothing."""
    left = _HINT.sub(" ", _PLACEHOLDER.sub(" ", text)).strip()
    return left if len(re.findall(r"\w+", left)) >= FEWEST_WORDS else ""


def _body_field(name: str, sections: Mapping[str, str]) -> Field:
    text = re.sub(r"[ \t]*\n\s*", " ", sections.get(name, "")).strip()
    return Field(name, "claimed", text[:LONGEST]) if text else Field(name, "missing")
