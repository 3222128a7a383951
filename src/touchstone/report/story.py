"""The first screen: the verdict in a word and a sentence, then how good, better than what, in doubt, what next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from touchstone.report import numerals
from touchstone.report.phrases import SMALLER_IS_BETTER, UNBOUNDED, candidate_name, metric_name, phrase
from touchstone.report.reading import Reading, mapping
from touchstone.report.wording import clip, counted, listed, sentence

WORDS = {"ship": "Ship", "hold": "Hold", "reject": "Reject"}
_OPENING = {"ship": "Ready to use.", "hold": "Not yet.", "reject": "Do not use this."}
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Told:
    """A short label and the sentence beside it."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class FirstScreen:
    """What somebody reads who reads nothing else."""

    verdict: str
    word: str
    headline: str
    purpose: str
    told: Sequence[Told]
    beyond_doubt: Sequence[str]
    requirements: Sequence[Mapping[str, Any]]
    waived: Sequence[Mapping[str, Any]]
    sign_off: str
    facts: Sequence[Told]


def first_screen(reading: Reading) -> FirstScreen:
    """Tell a run in a few plain sentences."""
    verdict = reading.verdict if reading.verdict in WORDS else "hold"
    parts = [
        ("How good", how_good(reading)),
        ("Better than what", better_than(reading)),
        ("In doubt", in_doubt(reading)),
        ("What next", what_next(reading)),
    ]
    return FirstScreen(
        verdict=verdict,
        word=WORDS[verdict],
        headline=headline(reading),
        purpose=clip(reading.use.get("purpose") or "", 240),
        told=[Told(label, text) for label, text in parts if text],
        beyond_doubt=[sentence(line) for line in reading.gallery.beyond_doubt[:6]],
        requirements=[f for f in reading.of_check("evaluate.requirements") if f.get("status") != "not_applicable"],
        waived=[finding for finding in reading.findings if mapping(finding.get("details")).get("waiver")],
        sign_off=sign_off(reading),
        facts=_facts(reading),
    )


def headline(reading: Reading) -> str:
    """One sentence or two on why the verdict is what it is."""
    opening = _OPENING.get(reading.verdict, _OPENING["hold"])
    if reading.verdict == "ship":
        undecided = len({f.get("check") for f in reading.open if f.get("severity") in ("blocker", "major")})
        rest = f" {_number(undecided, 'question')} {'stays' if undecided == 1 else 'stay'} open, named below." if undecided else ""
        return f"{opening} Nothing that was checked stands against it.{rest}"
    failed, undecided_phrases = [], []
    for check in reading.reasons:
        statuses = {f.get("status") for f in reading.of_check(check) if f.get("severity") in ("blocker", "major")}
        if "fail" in statuses or not statuses:
            failed.append(phrase(check).failed)
        else:
            undecided_phrases.append(phrase(check).open)
    said = [_capital(_some(failed)) + "."] if failed else []
    said += [f"Still open: {_some(undecided_phrases)}."] if undecided_phrases else []
    return " ".join([opening, *said])


def how_good(reading: Reading) -> str:
    """The chosen candidate's score on the test set, as a count out of a hundred where it is an accuracy."""
    if not reading.comparison:
        return "Not measured: the run stopped before any model was tested."
    accuracy, primary = reading.chosen_row("accuracy"), reading.chosen_row(reading.metric)
    if primary is None:
        return "No model was chosen, so there is no score to report."
    said = []
    if accuracy is not None and numerals.is_number(accuracy.get("value")):
        ends = numerals.interval(accuracy.get("interval"))
        likely = f" (likely between {ends[0] * 100:.0f} and {ends[1] * 100:.0f})" if ends else ""
        said.append(f"Of 100 new examples like these it gets about {accuracy['value'] * 100:.0f} right{likely}{_where(reading)}.")
    if accuracy is not primary:
        name = metric_name(str(reading.metric))
        ends = numerals.between(primary.get("interval"))
        spread = f" ({ends})" if ends != numerals.DASH else ""
        where = "" if said else _where(reading)
        said.append(f"{_capital(name)} is {numerals.score(primary.get('value'))}{spread}{where}.")
    return " ".join(said)


def _where(reading: Reading) -> str:
    if reading.splits[:1] != ["test"]:
        return ""
    return f", measured on {counted(reading.n_test, 'sealed test example')}" if reading.n_test else ", measured on the sealed test set"


def better_than(reading: Reading) -> str:
    """The chosen candidate against each reference, most humble first."""
    row = reading.chosen_row(reading.metric)
    if row is None:
        return ""
    metric = str(row.get("metric"))
    groups: dict[str, list[str]] = {"better": [], "same": [], "worse": []}
    names = {"majority": "guessing the commonest class", "non-transfer": "a simple model without pretraining",
             "scratch": "the same kind of network trained from scratch", "linear-probe": "the frozen base with a new last layer"}  # fmt: skip
    for reference, versus in mapping(row.get("versus")).items():
        if reference == row.get("candidate"):
            continue
        outcome, amount = _outcome(mapping(versus), metric)
        if outcome:
            groups[outcome].append(f"{names.get(reference, clip(candidate_name(reference)))}{amount}")
    said = []
    if groups["better"]:
        said.append(f"It beats {listed(groups['better'])}.")
    if groups["same"]:
        said.append(f"It cannot be told apart from {listed(groups['same'])}.")
    if groups["worse"]:
        said.append(f"It does worse than {listed(groups['worse'])}.")
    if said and metric not in UNBOUNDED:
        said.append(f"(Points of {metric_name(metric)} out of 100.)")
    return " ".join(said)


def _outcome(versus: Mapping[str, Any], metric: str) -> tuple[str | None, str]:
    """better, same or worse, and the amount in brackets; None where there is no difference to speak of."""
    difference, ends = versus.get("difference"), numerals.interval(versus.get("interval"))
    if not numerals.is_number(difference) or ends is None:
        return None, ""
    sign = -1 if metric in SMALLER_IS_BETTER else 1
    low, high = sorted((sign * ends[0], sign * ends[1]))
    outcome = "better" if low > 0 else "worse" if high < 0 else "same"
    if metric in UNBOUNDED:
        return outcome, ""
    if outcome == "same":
        return outcome, f" ({numerals.points(sign * difference)}; {numerals.points(low)} to {numerals.points(high)})"
    near, far = sorted((abs(low), abs(high)))
    return outcome, f" by {_whole(abs(difference))} points ({_whole(near)} to {_whole(far)})"


def _whole(fraction: float) -> str:
    """Points as a whole number from ten on, else with one decimal."""
    value = fraction * 100
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}"


def in_doubt(reading: Reading) -> str:
    """The first open question, and how many more there are."""
    questions = [sentence(question) for question in reading.gallery.open_questions]
    if not questions:
        grave = [f for f in reading.open if f.get("severity") in ("blocker", "major")]
        questions = [sentence(f.get("statement")) for f in grave]
    if not questions:
        return "Nothing of weight." if reading.findings else ""
    more = len(questions) - 1
    return questions[0] + (f" {_number(more, 'further question')} {'is' if more == 1 else 'are'} listed below." if more else "")


def what_next(reading: Reading) -> str:
    """The next cheapest step: as the run says it, else the remedy of the gravest failed finding."""
    gallery = reading.gallery
    said = [sentence(line) for line in (gallery.common_cause, gallery.next_step) if line]
    if said:
        return " ".join(said)
    for finding in [*reading.failed, *reading.open]:
        if finding.get("severity") in ("blocker", "major") and finding.get("remedy"):
            return sentence(finding["remedy"])
    if reading.verdict == "ship":
        path = gallery.model_path or mapping(reading.evidence.get("chosen")).get("path")
        return f"The model is ready in {clip(path)}. Keep this page with it." if path else "Keep this page with the model."
    return ""


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
        ("Model", clip(candidate_name(str(chosen["candidate"])), 60) if chosen.get("candidate") else ""),
        ("Base", clip(chosen.get("base") or "", 80)),
        ("Sign-off", sign_off(reading)),
        ("Took", numerals.duration(cost["seconds"]) if cost.get("seconds") else ""),
        ("Date", clip(reading.gallery.made_on or "", 30)),
    ]
    return [Told(label, text) for label, text in facts if text]


def _some(phrases: list[str]) -> str:
    shown = phrases[:_MOST_REASONS]
    rest = len(phrases) - len(shown)
    return listed([*shown, f"{rest} more"] if rest else shown)


def _number(n: int, noun: str) -> str:
    """A count that begins a sentence: ``Two further questions``."""
    words = {1: "One", 2: "Two", 3: "Three", 4: "Four", 5: "Five"}
    return f"{words.get(n, f'{n:,}')} {noun}{'' if n == 1 else 's'}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
