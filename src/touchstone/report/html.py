"""``report.html``: one self-contained page, without scripts, for somebody who does not train models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from touchstone.report import charts, contest, glossary, ledger, mistakes, papers, pointed, ranking, statements
from touchstone.report.asking import open_questions
from touchstone.report.gallery import Gallery
from touchstone.report.reading import TEST, Reading, mapping
from touchstone.report.story import first_screen
from touchstone.report.wording import clip, sentence, visible

if TYPE_CHECKING:
    from jinja2 import Environment, Template

_GLOSSARY_MARK = "<!--glossary-->"


def render(evidence: Mapping[str, Any], gallery: Gallery, study: Mapping[str, Any]) -> str:
    """The page of a run: equal inputs give equal bytes.

    Parameters
    ----------
    evidence : what stands in ``evidence.json`` (contract, section 5); absent parts are not shown
    gallery : pictures' data beside it; every part is optional
    study : the study as a mapping (what ``study.lock.yaml`` holds); may be empty

    Returns
    -------
    str
        a whole HTML document that loads nothing: pictures are inside, no script runs, and every string from
        outside is escaped
    """
    reading = Reading(evidence, gallery, study)
    environment = _environment()
    page = environment.get_template("page.html").render(
        name=clip(reading.name, 120),
        screen=first_screen(reading),
        digests=_digests(reading),
        version=clip(gallery.version or "", 40),
        **_contents(reading),
    )
    words = glossary.used_in(_words(page))
    return page.replace(_GLOSSARY_MARK, environment.get_template("glossary.html").render(words=words), 1)


def _contents(reading: Reading) -> dict[str, Any]:
    gallery = reading.gallery
    return {
        "scores": contest.scores(reading, (reading.splits or [TEST])[0]),
        "gains": contest.gains(reading),
        "shifts": [chart for split in reading.splits[1:9] if (chart := contest.scores(reading, split))],
        "metric_table": contest.metric_table(reading),
        "questions": open_questions(reading),
        "groups": statements.groups(reading),
        "asides": statements.asides(reading),
        "unmeasured": statements.topics_of(reading.unmeasured),
        "inapplicable": statements.topics_of(reading.inapplicable),
        "pointed": pointed.parts(gallery),
        "bases": ranking.chart(reading),
        "papers": papers.told(reading),
        "grid": mistakes.grid(gallery),
        "pairs": mistakes.pairs(gallery),
        "classes": mistakes.classes(gallery),
        "slices": mistakes.slices(gallery),
        "worst": mistakes.worst(gallery),
        "n_mistakes": len(gallery.mistakes),
        "reliability": charts.reliability(gallery),
        "trainings": charts.trainings(gallery),
        "learning": charts.learning(gallery),
        "latency": charts.latency(gallery.latency),
        "splits": ledger.splits(gallery),
        "class_counts": ledger.classes(gallery),
        "notes": [sentence(note) for note in gallery.notes[:20]],
        "efforts": ledger.efforts(gallery),
        "stages": ledger.stages(reading),
        "overlap": ledger.overlap(reading),
        "bill": ledger.bill(reading),
    }


def _digests(reading: Reading) -> list[tuple[str, str]]:
    """What the page rests on, so that it can be held against the files beside it."""
    study = mapping(reading.evidence.get("study")).get("digest")
    return [("study", clip(study or "", 80)), ("evidence", reading.digest)]


def _shown(value: Any) -> Any:
    """What any expression of a template shows: the last guard, whatever a string went through before."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else visible(value)


def _breakable(text: str) -> Markup:
    """A path that may be broken after a slash rather than within a name."""
    return Markup("/<wbr>").join(escape(part) for part in visible(text).split("/"))


def _words(page: str) -> str:
    """The words of a page without its marks and styles."""
    body = re.sub(r"<style.*?</style>|<svg.*?</svg>", " ", page, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", " ", body))


def template(name: str) -> Template:
    """A template of this folder, in which every string from outside is escaped."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("touchstone.report"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["breakable"] = _breakable
    return made
