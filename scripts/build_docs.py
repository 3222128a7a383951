"""Turn docs/*.md into plain web pages in site/, and refuse links that lead nowhere.

python scripts/build_docs.py [--check]    # --check builds nothing, only looks for faults
"""

from __future__ import annotations

import argparse
import html
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
SITE = ROOT / "site"
OUTSIDE = ("http:", "https:", "mailto:")

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.55 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }}
pre {{ background: #f6f6f4; padding: .8rem 1rem; overflow-x: auto; border-radius: 6px; }}
code {{ font: .92em ui-monospace, monospace; }}
table {{ border-collapse: collapse; display: block; overflow-x: auto; }}
td, th {{ border: 1px solid #ddd; padding: .35rem .6rem; text-align: left; vertical-align: top; }}
img {{ max-width: 100%; }} nav {{ margin-bottom: 2rem; }} a {{ color: #235a97; }}
</style></head><body><nav><a href="{top}index.html">Touchstone</a></nav>
{body}
</body></html>
"""

markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


MERGING = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)


def pages() -> list[Path]:
    """Every page, and those that stand at the top of the repository."""
    return [*sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("*.md"))]


def anchor(heading: str) -> str:
    """What a heading is called in a link."""
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


def headings(text: str) -> dict[int, str]:
    """Position of each heading's opening token to its anchor."""
    tokens = markdown.parse(text)
    return {i: anchor(tokens[i + 1].content) for i, token in enumerate(tokens) if token.type == "heading_open"}


def inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from inline(token.children or [])


def faults_of(page: Path) -> Iterator[str]:
    """Links and pictures of a page that lead nowhere, and what a merge left behind."""
    text = page.read_text(encoding="utf-8")
    if MERGING.search(text):
        yield f"{page.relative_to(ROOT)}: two versions stand side by side where a merge was not finished"
    for token in inline(markdown.parse(text)):
        link = str(token.attrs.get("href") or token.attrs.get("src") or "")
        if not link or link.startswith(OUTSIDE):
            continue
        path, _, name = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            yield f"{page.relative_to(ROOT)}: nothing at {link!r}"
        elif name and target.suffix == ".md" and name not in headings(target.read_text(encoding="utf-8")).values():
            yield f"{page.relative_to(ROOT)}: no heading for {link!r}"


def unreachable() -> Iterator[str]:
    """Pages that no other page links to."""
    linked = set()
    for page in pages():
        for token in inline(markdown.parse(page.read_text(encoding="utf-8"))):
            link = str(token.attrs.get("href") or "")
            if link and not link.startswith(OUTSIDE):
                linked.add((page.parent / link.partition("#")[0]).resolve())
    for page in DOCS.glob("*.md"):
        if page.resolve() not in linked and page.name != "index.md":
            yield f"docs/{page.name}: no page links to it"


def render(page: Path) -> str:
    """One page as HTML."""
    text = page.read_text(encoding="utf-8")
    tokens = markdown.parse(text)
    for position, name in headings(text).items():
        tokens[position].attrSet("id", name)
    for token in inline(tokens):
        link = str(token.attrs.get("href") or "")
        if not link.startswith(OUTSIDE):
            token.attrs.update({"href": re.sub(r"\.md(?=#|$)", ".html", link)} if link else {})
    body = markdown.renderer.render(tokens, markdown.options, {})
    title = next((line.lstrip("# ") for line in text.splitlines() if line.startswith("# ")), page.stem)
    return PAGE.format(title=html.escape(title), body=body, top="../" * (len(page.relative_to(DOCS).parts) - 1))


def build() -> int:
    """Write site/; returns the number of pages."""
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.copytree(DOCS, SITE, ignore=shutil.ignore_patterns("*.md"))
    inside = sorted(DOCS.rglob("*.md"))
    for page in inside:
        target = SITE / page.relative_to(DOCS).with_suffix(".html")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(render(page), encoding="utf-8")
    return len(inside)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check_only = parser.parse_args().check
    faults = [fault for page in pages() for fault in faults_of(page)] + list(unreachable())
    if faults:
        sys.exit("\n".join(faults))
    if not check_only:
        print(f"{build()} pages -> {SITE.name}/")


if __name__ == "__main__":
    main()
