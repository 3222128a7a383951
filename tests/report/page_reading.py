"""A page as a parser sees it: its elements, and whether it holds anything that runs or loads."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

_ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "footer", "section", "aside", "nav", "article", "div", "span", "p",
    "h1", "h2", "h3", "h4", "a", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td", "figure",
    "figcaption", "details", "summary", "strong", "code", "bdi", "i", "img", "blockquote", "wbr",
    "svg", "g", "path", "rect", "circle", "defs", "use", "text", "clippath",
}  # fmt: skip
_VOID = {"meta", "img", "wbr"}


class Page(HTMLParser):
    """Elements, ids, text and faults of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.addresses: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> stays open" for tag in self._open]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        if tag not in _ALLOWED:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> out of place")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.words.append(data)

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on"):
            self.faults.append(f"<{tag} {name}>")
        if name == "id":
            self.ids[value] += 1
        if name in ("src", "href"):
            self.addresses.append(value)
        if name == "style" and ("url(" in value.replace("url(#", "") or "expression" in value):
            self.faults.append(f'<{tag} style="{value}">')
