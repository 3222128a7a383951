"""Where state that outlives a run lives."""

from __future__ import annotations

import os
from pathlib import Path

from touchstone.core.errors import Fault, InputError


def home() -> Path:
    """``$TOUCHSTONE_HOME``, by default the platform's user data folder; it is made where it is not there.

    Raises
    ------
    InputError
        where it cannot be
    """
    if given := os.environ.get("TOUCHSTONE_HOME"):
        return made(Path(given).expanduser().absolute(), "set TOUCHSTONE_HOME to a folder that can be written to")
    import platformdirs

    place = Path(platformdirs.user_data_dir("touchstone", appauthor=False))
    return made(place, "set TOUCHSTONE_HOME to a folder that can be written to")


def made(folder: Path, mend: str) -> Path:
    """The folder, made where it is not there.

    Raises
    ------
    InputError
        where it cannot be made, or something else stands there
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        reason = (fault.strerror or type(fault).__name__).lower()
        raise InputError(Fault(str(folder), f"this folder cannot be made: {reason}", mend)) from None
    return folder
