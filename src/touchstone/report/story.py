"""The first screen: the verdict in a word and a sentence, then how good, better than what, in doubt, what next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from touchstone.core import catalogue
from touchstone.report import carried, held, numerals
from touchstone.report.asking import open_questions, undecided
from touchstone.report.phrases import (
    UNBOUNDED,
    candidate_name,
    is_frozen_head,
    metric_name,
    phrase,
    recipe_words,
    statement_of,
)
from touchstone.report.reading import Reading, decides, mapping, waiver_of
from touchstone.report.wording import capital, clip, counted, listed, sentence

WORDS = {"ship": "Ship", "hold": "Hold", "reject": "Reject"}
_OPENING = {"ship": "Ready to use.", "hold": "Not yet.", "reject": "Do not use this."}
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Told:
    """A short label and the sentence beside it, or several short lines with a mark each."""

    label: str
    text: str
    lines: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class FirstScreen:
    """What somebody reads who reads nothing else."""

    verdict: str
    word: str
    headline: str
    purpose: str
    told: Sequence[Told]
    beyond_doubt: Sequence[str]
    requirements: Sequence[tuple[str, str]]
    """Status and sentence of each; missed and undecided first."""
    requirements_met: Sequence[tuple[str, str]]
    """The rest, all met, where there are many."""
    requirements_note: str
    waived: Sequence[str]
    sign_off: str
    facts: Sequence[Told]


def first_screen(reading: Reading) -> FirstScreen:
    """Tell a run in a few plain sentences."""
    verdict = reading.verdict if reading.verdict in WORDS else "hold"
    parts = [
        Told("How good", how_good(reading)),
        better_than(reading),
        Told("In doubt", in_doubt(reading)),
        Told("What next", what_next(reading)),
    ]
    shown, folded = _requirements(reading)
    return FirstScreen(
        verdict=verdict,
        word=WORDS[verdict],
        headline=headline(reading),
        purpose=clip(reading.use.get("purpose") or "", 240),
        told=[part for part in parts if part.text or part.lines],
        beyond_doubt=beyond_doubt(reading),
        requirements=shown,
        requirements_met=folded,
        requirements_note=_of_what(reading) if shown else "",
        waived=[
            f"{phrase(str(f.get('check'))).topic}: {statement_of(f, 240)} {carried.told(waiver_of(f))}"
            for f in reading.waived[:10]
        ],
        sign_off=sign_off(reading),
        facts=_facts(reading),
    )


_SETTLING = (
    "data.leakage", "data.group_leakage", "data.time_leakage", "evaluate.shift", "evaluate.slices", "evaluate.per_class",
    "adapt.stability", "adapt.forgetting", "evaluate.calibration",
)  # fmt: skip
"""Checks whose pass settles something that a reader worries about; references and requirements are told elsewhere."""


_MOST_REQUIREMENTS = 12
_MISSED_FIRST = {"fail": 0, "inconclusive": 1, "pass": 2}


def _requirements(reading: Reading) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Every requirement of what would ship: what is shown at once, and the met ones beyond the first dozen."""
    spoken = filter(decides, reading.of_check("evaluate.requirements"))
    asked = [f for f in spoken if f.get("status") != "not_applicable"]
    asked.sort(key=lambda finding: _MISSED_FIRST.get(str(finding.get("status")), 1))
    told = [(str(f.get("status")), statement_of(f, 300)) for f in asked]
    at_once = max(_MOST_REQUIREMENTS, sum(status != "pass" for status, _ in told))
    return told[:at_once], told[at_once:]


def _of_what(reading: Reading) -> str:
    """Which model the requirements were held against, where scores elsewhere are means over seeds."""
    seeds = _seeds(reading)
    return f"Held against the model that is delivered; scores elsewhere are means over {seeds} seeds." if seeds else ""


def _seeds(reading: Reading) -> int:
    """Over how many seeds the chosen recipe's scores are means; 0 where there was one, or nobody says."""
    found = [
        mapping(f.get("details")).get("seeds")
        for check in held.CHECKS.values()
        for f in filter(decides, reading.of_check(check))
    ]
    told = [int(seeds) for seeds in found if numerals.is_number(seeds)]
    return told[0] if told and told[0] > 1 else 0


def beyond_doubt(reading: Reading) -> list[str]:
    """What is settled: as the run says it, else what passed of the checks that matter most."""
    if reading.gallery.beyond_doubt:
        return [sentence(line) for line in reading.gallery.beyond_doubt[:6]]
    settled = [
        found
        for check in _SETTLING
        if (found := reading.of_check(check)) and all(f.get("status") == "pass" for f in found)
    ]
    # Of several subjects, the one that touches the test set: the score rests on it.
    leads = [max(found, key=lambda f: "test" in str(f.get("subject"))) for found in settled[:4]]
    return [sentence(finding.get("statement") or "", 240) for finding in leads]


def headline(reading: Reading) -> str:
    """One sentence or two on why the verdict is what it is."""
    opening = _OPENING.get(reading.verdict, _OPENING["hold"])
    if reading.verdict == "ship":
        n = _undecided(reading)
        rest = f" {_number(n, 'question')} {'stays' if n == 1 else 'stay'} open, named below." if n else ""
        return f"{opening} {_carried(reading) or 'Nothing of weight that was checked stands against it.'}{rest}"
    failed, undecided_phrases = [], []
    for check in reading.reasons:
        statuses = {f.get("status") for f in reading.of_check(check) if f.get("severity") in ("blocker", "major")}
        if "fail" in statuses or not statuses:
            failed.append(phrase(check).failed)
        else:
            undecided_phrases.append(phrase(check).open)
    said = [capital(_some(failed)) + "."] if failed else []
    said += [f"Still open: {_some(undecided_phrases)}."] if undecided_phrases else []
    carried_openly = _carried(reading)
    return " ".join([opening, *said, *([carried_openly] if carried_openly else [])])


def _carried(reading: Reading) -> str:
    """The serious failures that stand under a waiver, as a sentence."""
    grave = [f for f in reading.waived if f.get("status") == "fail" and f.get("severity") in ("blocker", "major")]
    if not grave:
        return ""
    verb = "stands and is" if len(grave) == 1 else "stand and are"
    return f"{_number(len(grave), 'serious finding')} {verb} carried openly under a waiver: {carried.standing(grave)}."


def how_good(reading: Reading) -> str:
    """The chosen candidate's score on the test set, as a count out of a hundred where it is an accuracy."""
    if not reading.comparison:
        return "Not measured: the run stopped before any model was tested."
    accuracy, primary = reading.chosen_row("accuracy"), reading.chosen_row(reading.metric)
    if primary is None:
        return "No model was chosen, so there is no score to report."
    said = []
    guessing = _guesses(reading)
    if guessing:
        said.append(guessing)
    elif accuracy is not None and numerals.is_number(accuracy.get("value")):
        said.append(_of_a_hundred(reading, accuracy))
    if accuracy is not primary:
        name = metric_name(str(reading.metric))
        between = numerals.between(primary.get("interval"))
        spread = f" ({between})" if between != numerals.DASH else ""
        where = "" if said else _where(reading)
        said.append(f"{capital(name)} is {numerals.score(primary.get('value'))}{spread}{where}.")
    return " ".join(said)


def _where(reading: Reading) -> str:
    if reading.splits[:1] != ["test"]:
        return ""
    return (
        f", measured on {counted(reading.n_test, 'sealed test example')}"
        if reading.n_test
        else ", measured on the sealed test set"
    )


def _of_a_hundred(reading: Reading, accuracy: Mapping[str, Any]) -> str:
    """Accuracy as a count, and which model gets it: the mean over seeds is not the model that is delivered."""
    ends, seeds = numerals.interval(accuracy.get("interval")), _seeds(reading)
    spread = f"likely between {ends[0] * 100:.0f} and {ends[1] * 100:.0f}" if ends else ""
    of = f"the mean of {seeds} seeds" if seeds else ""
    inside = ", ".join(part for part in (of, spread) if part)
    who = "this recipe" if seeds else "it"
    right = f"{accuracy['value'] * 100:.0f}"
    said = f"Of 100 new examples like these {who} gets about {right} right{f' ({inside})' if inside else ''}{_where(reading)}."
    delivered = mapping(_about_guessing(reading).get("details")).get("accuracy") if seeds else None
    return f"{said} The model that is delivered got {delivered * 100:.1f} %." if numerals.is_number(delivered) else said


def _about_guessing(reading: Reading) -> Mapping[str, Any]:
    found = reading.of_check(held.CHECKS[held.GUESSING])
    return next(filter(decides, found), {})


def _guesses(reading: Reading) -> str:
    """Said before any score of a model that does no better than guessing; empty for every other."""
    if held.guessing(reading) != "fail":
        return ""
    share = mapping(_about_guessing(reading).get("details")).get("majority_accuracy")
    alone = (
        f": that alone is right in about {share * 100:.0f} of 100 examples like these"
        if numerals.is_number(share)
        else ""
    )
    return f"It is no better than always guessing the commonest class{alone}{_where(reading)}."


_HUMBLE = {
    "majority": "guessing the commonest class",
    "non-transfer": "a simple model without pretraining",
    "scratch": "the same kind of network trained from scratch",
    "linear-probe": "the frozen base with a linear probe",
}
"""The references, most humble first."""
_RICHER = "a probe that reads more layers of the frozen base, and that no plain model file can hold"
"""The linear probe, where what could ship of the frozen base is a last layer alone."""


def better_than(reading: Reading) -> Told:
    """The chosen candidate against each reference, a line each, as the check on it found."""
    label = "Better than what"
    row = reading.chosen_row(reading.metric)
    if row is None:
        return Told(label, "")
    alone = any(is_frozen_head(str(one.get("candidate"))) for one in reading.comparison)
    told = {**_HUMBLE, "linear-probe": _RICHER} if alone else _HUMBLE
    lines = [
        (one.status, _line(one, told.get(one.reference, clip(candidate_name(one.reference)))))
        for one in held.against(reading)
        if one.interval is not None
    ]
    bounded = lines and str(row.get("metric")) not in UNBOUNDED
    return Told(
        label, "Points out of 100 of the score that is named, with 95 % intervals." if bounded else "", lines[:8]
    )


def _line(one: held.Held, reference: str) -> str:
    """``3.7 points of macro F1 better than the frozen base (2.1 to 5.3)``."""
    assert one.interval is not None
    if one.spread is None and one.status != "pass":
        return f"Not shown against {reference}: how much another training would change is not known"
    low, high = one.interval
    if one.ahead == "same":
        score = f"points of {metric_name(one.metric)}"
        ends = "" if one.metric in UNBOUNDED else f" ({numerals.points(low)} to {numerals.points(high)} {score})"
        if one.status == "pass":
            return f"Better than {reference}"
        return f"{'Not better than' if one.status == 'fail' else 'Cannot be told apart from'} {reference}{ends}"
    near, far = sorted((abs(low), abs(high)))
    bounded = one.metric not in UNBOUNDED
    amount = f"{_whole(abs(one.value))} points of {metric_name(one.metric)} " if bounded else ""
    ends = f" ({_whole(near)} to {_whole(far)})" if bounded else ""
    if one.why_not:
        return capital(f"{amount}above {reference}{ends}, which does not count: {one.why_not}")
    return capital(f"{amount}{one.ahead} than {reference}{ends}")


def _whole(fraction: float) -> str:
    """Points as a whole number from ten on, else with one decimal."""
    value = fraction * 100
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}"


def in_doubt(reading: Reading) -> str:
    """The first open question, and how many more there are."""
    questions = open_questions(reading) or [statement_of(f) for f in undecided(reading)]
    if not questions:
        return "Nothing of weight." if reading.findings else ""
    more = max(_undecided(reading), len(questions)) - 1
    return questions[0] + (
        f" {_number(more, 'further question')} {'is' if more == 1 else 'are'} listed below." if more else ""
    )


def _undecided(reading: Reading) -> int:
    """How many questions of weight are open: one for each check, whatever the number of its subjects."""
    return len({f.get("check") for f in undecided(reading)})


def what_next(reading: Reading) -> str:
    """The next cheapest step: as the run says it, else the remedy of the gravest failed finding."""
    gallery = reading.gallery
    said = [sentence(_named(line)) for line in (gallery.common_cause, gallery.next_step) if line]
    if said:
        return " ".join(said)
    path = gallery.model_path or mapping(reading.evidence.get("chosen")).get("path")
    ready = (
        f"The model is ready in {clip(path)}; keep this page with it. " if reading.verdict == "ship" and path else ""
    )
    failed = [f for f in reading.failed if f.get("severity") in ("blocker", "major") and not waiver_of(f)]
    remedies = [sentence(f["remedy"]) for f in failed if f.get("remedy")]
    remedies += [_before_it_ends(reading)]
    remedies += [sentence(f["remedy"]) for f in undecided(reading) if f.get("remedy")]
    return f"{ready}{next(filter(None, remedies), '')}".strip()


def _before_it_ends(reading: Reading) -> str:
    """What is to be mended before the first waiver ends."""
    ending = [f for f in reading.waived if mapping(waiver_of(f)).get("until") and f.get("remedy")]
    if not ending:
        return ""
    first = min(ending, key=lambda finding: str(mapping(waiver_of(finding))["until"]))
    day = clip(mapping(waiver_of(first))["until"], 10)
    return sentence(f"To be settled before the waiver ends on {day}: {first['remedy']}", 900)


_IDS = re.compile(r"\b[a-z]+\.[a-z_]+\b")
_TOGETHER = re.compile(r"Likely common cause of (?P<checks>[a-z_., ]+): (?P<cause>.+)")


def _named(line: str) -> str:
    """The same sentence in plain words: many checks are counted, a few are named by their topics."""
    known = catalogue.rows()
    together = _TOGETHER.fullmatch(line)
    if together:
        ids = [id for id in _IDS.findall(together["checks"]) if id in known]
        line = f"A likely common cause of {counted(len(ids), 'failure')}: {together['cause']}" if len(ids) > 3 else line
    return _IDS.sub(lambda found: f"“{phrase(found[0]).topic}”" if found[0] in known else found[0], line)


def sign_off(reading: Reading) -> str:
    """Who has signed, as the governance check says it."""
    stated = reading.of_check("govern.signoff")
    measured = [finding for finding in stated if finding not in reading.unmeasured]
    if measured:
        return sentence(measured[0].get("statement"))
    return "No signature is recorded."


def _facts(reading: Reading) -> list[Told]:
    chosen, cost = mapping(reading.evidence.get("chosen")), mapping(reading.evidence.get("cost"))
    use = reading.use
    facts = [
        ("For", clip(use.get("use") or "", 60)),
        ("Owner", clip(use.get("owner") or "", 80)),
        ("Model", _model(reading, str(chosen["candidate"])) if chosen.get("candidate") else ""),
        ("Base", clip(chosen.get("base") or "", 80)),
        ("Sign-off", sign_off(reading)),
        ("Took", numerals.duration(cost["seconds"]) if cost.get("seconds") else ""),
        ("Date", clip(reading.gallery.made_on or "", 30)),
    ]
    return [Told(label, text) for label, text in facts if text]


def _model(reading: Reading, candidate: str) -> str:
    name, words = clip(candidate_name(candidate), 60), recipe_words(candidate, reading.study)
    return f"{name} ({words})" if words else name


def _some(phrases: list[str]) -> str:
    shown = phrases[:_MOST_REASONS]
    rest = len(phrases) - len(shown)
    return listed([*shown, f"{rest} more"] if rest else shown)


def _number(n: int, noun: str) -> str:
    """A count that begins a sentence: ``Two further questions``."""
    words = dict(
        enumerate(
            ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"], 1
        )
    )
    return f"{words.get(n, f'{n:,}')} {noun}{'' if n == 1 else 's'}"
