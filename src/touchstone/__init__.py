"""Adapt a pretrained model to your own labelled data, and hold the result against honest references.

The names below are looked up on first use, so that ``import touchstone`` costs nothing and
``touchstone --help`` answers at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from touchstone.api import Result, Study
    from touchstone.core.errors import (
        DatasetError,
        InputError,
        MissingExtra,
        ModelFilesError,
        PolicyError,
        StudyError,
        TouchstoneError,
    )
    from touchstone.core.finding import Finding, Severity, Status, Verdict
    from touchstone.core.interval import Estimate, Interval
    from touchstone.core.recipe import Recipe

_HOMES = {
    "touchstone.api": ("Result", "Study"),
    "touchstone.core.errors": (
        "DatasetError", "InputError", "MissingExtra", "ModelFilesError", "PolicyError", "StudyError", "TouchstoneError",
    ),
    "touchstone.core.finding": ("Finding", "Severity", "Status", "Verdict"),
    "touchstone.core.interval": ("Estimate", "Interval"),
    "touchstone.core.recipe": ("Recipe",),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "DatasetError",
    "Estimate",
    "Finding",
    "InputError",
    "Interval",
    "MissingExtra",
    "ModelFilesError",
    "PolicyError",
    "Recipe",
    "Result",
    "Severity",
    "Status",
    "Study",
    "StudyError",
    "TouchstoneError",
    "Verdict",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("touchstone-ml")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'touchstone' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
