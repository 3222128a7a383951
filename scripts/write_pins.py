"""Write constraints.txt: the exact version of everything that is installed beside this interpreter.

Local version labels are left off (``torch==2.13.0``, not ``2.13.0+cpu``): the plain form is met by a
processor-only build where pip can see one and by the index's own build everywhere else.
"""

from __future__ import annotations

import platform
import re
from importlib.metadata import distributions
from pathlib import Path

TARGET = Path(__file__).parent.parent / "constraints.txt"
NOT_PINNED = {"touchstone-ml", "pip", "setuptools", "wheel"}

HEAD = """\
# What was installed and tested together, on CPython {python}, {system}. Written by `make pins`.
# `make` installs with these pins; pyproject.toml keeps ranges, so other people's environments stay free.
# torch has no local label on purpose: torch=={torch} is met by a processor-only build where pip can see one
# and by the index's default build elsewhere.
"""


def pins() -> dict[str, str]:
    """Name, as the package spells it, to version without local label."""
    found = {d.name: d.version.split("+")[0] for d in distributions()}
    return {name: version for name, version in found.items() if re.sub(r"[-_.]+", "-", name).lower() not in NOT_PINNED}


def main() -> None:
    found = pins()
    head = HEAD.format(
        python=platform.python_version(), system=f"{platform.system()} {platform.machine()}", torch=found["torch"]
    )
    lines = [f"{name}=={version}" for name, version in sorted(found.items(), key=lambda pin: pin[0].lower())]
    TARGET.write_text(head + "\n".join(lines) + "\n")
    print(f"{len(lines)} pins -> {TARGET.name}")


if __name__ == "__main__":
    main()
