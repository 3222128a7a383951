"""What a family of planted faults is."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from touchstone.study.model import Study

Plant = Callable[[np.random.Generator, Path], Study]
"""Writes data below a folder and gives the study that names them; the generator decides all that is random."""
Verb = Literal["audit", "vet", "rank", "run"]
"""What a study is asked with; ``run`` is ``assess`` where the study brings an adapted model."""
STRENGTHS = ("weak", "medium", "strong")


@dataclass(frozen=True)
class Family:
    """Faults of one kind, for one check."""

    check: str
    """Id of the check that must trip."""
    what: str
    """The fault, in a few words."""
    plants: Mapping[str, Plant]
    """By strength: weak, medium, strong."""
    says: Mapping[str, str]
    """How strong each strength is, in words."""
    clean: Plant
    """The same data without the fault."""
    hard: Mapping[str, Plant] = field(default_factory=dict)
    """Data that look like the fault and are none, by a few words each."""
    verb: Verb = "audit"
    """A plant that several families name with the same verb is asked once for all of them."""
    about: Mapping[str, str] = field(default_factory=dict)
    """By kind (a strength, ``clean``, the words of a hard negative): only findings of which the subject begins so, or
    that hold a bound of this metric, count. One study can carry faults of several strengths this way."""

    @property
    def kinds(self) -> dict[str, Plant]:
        """Every kind of study with its plant, faults first."""
        return {**{one: self.plants[one] for one in STRENGTHS}, "clean": self.clean, **self.hard}


def families() -> dict[str, Family]:
    """Every family by the name of its file."""
    from benchmarks.faults import families as folder

    names = sorted(module.name for module in pkgutil.iter_modules(folder.__path__))
    return {name: importlib.import_module(f"{folder.__name__}.{name}").FAMILY for name in names}
