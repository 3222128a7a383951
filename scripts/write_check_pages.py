"""Write docs/checks/: one page per check of the catalogue, from the docstring of its class.

python scripts/write_check_pages.py
"""

from __future__ import annotations

import inspect
from pathlib import Path

from touchstone.core.catalogue import BUILT_IN, Row

FOLDER = Path(__file__).parent.parent / "docs" / "checks"


def page(row: Row) -> str:
    """One check's page."""
    severity = f"{row.severity}; {row.severity_note}" if row.severity_note else str(row.severity)
    head = f"# {row.id}\n\n*{row.question}*\n\nSeverity of a fail: {severity}.\n\n"
    if not row.measured:
        return head + "This version does not measure it yet: the check answers `inconclusive` with severity `info`.\n"
    return head + inspect.cleandoc(type(row.load()).__doc__ or "") + "\n"


def index() -> str:
    """The list of all checks."""
    lines = ["# The checks", "", "| check | asks |", "| --- | --- |"]
    lines += [f"| [{row.id}]({row.id}.md) | {row.question} |" for row in BUILT_IN]
    return "\n".join(lines) + "\n"


def written() -> dict[str, str]:
    """File name to text, for every page."""
    return {"index.md": index()} | {f"{row.id}.md": page(row) for row in BUILT_IN}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.md"):
        old.unlink()
    for name, text in written().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{len(BUILT_IN)} checks -> docs/checks/")


if __name__ == "__main__":
    main()
