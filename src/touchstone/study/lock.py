"""The study as it was run: every default filled in, with the digests of what it rests on."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import yaml

from touchstone.core import digest
from touchstone.core.recipe import Recipe
from touchstone.study.model import BaseModel, Data, Requirement, Source, Study
from touchstone.study.parse import FORMAT


def to_mapping(study: Study) -> dict[str, Any]:
    """A study as plain Python objects with every default filled in; :func:`from_mapping` reads it back."""
    return {
        "touchstone": FORMAT,
        "name": study.name,
        "intended_use": _plain(study.intended_use),
        "task": study.task,
        "data": _data(study.data),
        "base_models": [_base(base) for base in study.base_models],
        "adapted": {"path": study.adapted.written, "base": study.adapted.base} if study.adapted else None,
        "adapt": {
            "recipes": [_recipe(recipe) for recipe in study.adapt.recipes] or "auto",
            "augment": _listed(study.adapt.augment),
            "seeds": study.adapt.seeds,
            "budget": _plain(study.adapt.budget),
        },
        "require": _requirements(study.require),
        "policy": study.policy,
        "seed": study.seed,
    }


def study_digest(study: Study) -> str:
    """Digest of all that a study says; where its folder stands does not matter."""
    return digest.of_data(to_mapping(study))


def lock_text(study: Study, digests: Mapping[str, Any]) -> str:
    """The text of ``study.lock.yaml``; paths keep the spelling of the study, from ``locked.folder``."""
    locked = {"folder": str(study.folder), "study": study_digest(study), "digests": dict(digests)}
    head = "# The study as it was run. Written by Touchstone; edit the study file instead.\n"
    body: str = yaml.safe_dump({**to_mapping(study), "locked": locked}, sort_keys=False, allow_unicode=True, width=110)
    return head + body


def _plain(record: Any) -> Any:
    if dataclasses.is_dataclass(record):
        return {field.name: _plain(getattr(record, field.name)) for field in dataclasses.fields(record)}
    return _listed(record)


def _listed(value: Any) -> Any:
    return [*value] if isinstance(value, tuple) else value


def _source(source: Source | None) -> Any:
    if source is None:
        return None
    if source.files is None:
        return source.written or str(source.path)
    if source.written:
        return json.loads(source.written)
    return {"table": str(source.path), "files": str(source.files)}


def _data(data: Data) -> dict[str, Any]:
    return {
        "train": _source(data.train),
        "validation": _source(data.validation),
        "test": _source(data.test),
        "shift": {name: _source(source) for name, source in data.shift.items()},
        "unlabelled": _source(data.unlabelled),
        "columns": _plain(data.columns),
        "slices": [*data.slices],
        "license": data.license,
        "source": data.source,
        "personal": data.personal,
        "test_openings": data.test_openings,
    }


def _base(base: BaseModel) -> Any:
    facts = {"source": base.source, "publisher": base.publisher, "license": base.license}
    if base.path is not None:
        facts["revision"] = base.revision
    said = {name: value for name, value in facts.items() if value is not None}
    return {"path": base.written, **said} if said else base.written


def _recipe(recipe: Recipe) -> dict[str, Any]:
    plain: dict[str, Any] = _plain(recipe)
    plain.pop("user")
    return plain


def _requirements(requirements: tuple[Requirement, ...]) -> dict[str, Any]:
    found: dict[str, list[dict[str, Any]]] = {}
    for bound in requirements:
        found.setdefault(bound.metric, []).append({"min": bound.minimum, "max": bound.maximum, "on": bound.on})
    return {**found}
