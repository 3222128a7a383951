"""Line charts as inline SVG. They carry numbers and fixed words only; names stand in the page beside them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colours that stand for the page's own: each becomes a CSS variable, so that a chart follows light, dark and print.
INK, MUTED, LINE, ACCENT, BAND, BAD = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
_VARIABLES = {INK: "ink", MUTED: "muted", LINE: "line", ACCENT: "accent", BAND: "band", BAD: "bad"}
_WIDTH = 4.6

_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none", "text.parse_math": False, "font.family": ["DejaVu Sans"], "font.size": 10,
    "axes.edgecolor": LINE, "axes.labelcolor": MUTED, "axes.linewidth": 1.0, "axes.spines.top": False,
    "axes.spines.right": False, "xtick.color": MUTED, "ytick.color": MUTED, "xtick.major.size": 0, "xtick.major.pad": 6, "ytick.major.size": 0,
    "axes.grid": True, "axes.axisbelow": True, "grid.color": LINE, "grid.linewidth": 0.8, "text.color": INK,
    "figure.facecolor": "none", "axes.facecolor": "none", "path.simplify": True, "axes.unicode_minus": True,
}  # fmt: skip


@contextmanager
def figure(
    name: str, *, rows: int = 1, height: float = 2.9, ratios: Sequence[float] | None = None
) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure in the page's style with ``rows`` panels that share their x axis; ``name`` makes its ids its own."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # Only this figure's settings; the process's own stay as they are.
    settings: dict[Any, Any] = {**mpl.rcParamsDefault, **_SETTINGS, "svg.hashsalt": name}
    settings.pop("backend", None)
    with mpl.rc_context(settings):
        made = Figure(figsize=(_WIDTH, height), layout="constrained")
        axes = made.subplots(
            rows, 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": ratios} if ratios else None
        )
        yield made, list(axes[:, 0])


def svg(made: Figure, name: str, description: str) -> Markup:
    """The figure as an ``<svg>`` element: the same bytes for the same data, ids of its own, colours of the page."""
    file = io.StringIO()
    made.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    # Its style sheet would reach the whole page; the page's own sets the same for drawings alone.
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = re.sub(r'xlink:href="#([^"]+)"', rf'href="#{name}-\1"', text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, f"var(--{variable})")
    text = re.sub(r"\s*\n\s*", "\n", text)
    head = Markup('<svg role="img" aria-label="{}"').format(description)
    size = re.search(r'viewBox="[^"]+"', text)
    assert size is not None, "matplotlib writes a view box"
    return Markup(head + Markup(f" {size[0]}" + text[text.index(">") :]))
