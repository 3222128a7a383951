"""Write docs/refusals.md: one section for every reason to stop a file, from the rules themselves.

python scripts/write_refusals.py
"""

from __future__ import annotations

from pathlib import Path

from touchstone.supply.rules import RULES, Rule

PAGE = Path(__file__).parent.parent / "docs" / "refusals.md"
HEAD = """# Why a file is refused or held

A file is accepted only where a strict reader read all of it and found nothing but data. Otherwise `supply.files` names
the rule that spoke. *Hostile* means that a rule for attacks tripped; *malformed*, that the file breaks its own format;
*unsupported*, that it is safe only because it is not opened; *held*, that a person must look.
"""


def section(rule: Rule) -> str:
    """One rule: what it is, the danger, the way to the same weights."""
    kind = str(rule.kind) if rule.kind else "held"
    way = rule.way[:1].upper() + rule.way[1:]
    danger = rule.danger.rstrip(".")
    return f"## {rule.title}\n\nRule `{rule.id}`, {kind}.\n\n**The danger.** {danger}.\n\n**The way on.** {way.rstrip('.')}.\n"


def written() -> str:
    """The page's text."""
    return HEAD + "\n" + "\n".join(section(rule) for rule in RULES.values())


def main() -> None:
    """Write the page."""
    PAGE.write_text(written(), encoding="utf-8")
    print(f"{len(RULES)} refusals -> docs/{PAGE.name}")


if __name__ == "__main__":
    main()
