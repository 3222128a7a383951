"""The account that is logged in: who runs a study, and who signs unless another name is given."""

from __future__ import annotations

import getpass
import os


def account() -> str:
    """The name of the account on this machine."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may know its user by number alone
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "unknown user"
