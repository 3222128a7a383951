"""Where state that outlives a run lives."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """``$TOUCHSTONE_HOME``, by default the platform's user data folder."""
    if given := os.environ.get("TOUCHSTONE_HOME"):
        return Path(given).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("touchstone", appauthor=False))
