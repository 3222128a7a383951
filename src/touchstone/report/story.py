"""The first screen: the verdict in a word and a sentence, then how good, better than what, in doubt, what next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from touchstone.report import numerals
from touchstone.report.phrases import SMALLER_IS_BETTER, UNBOUNDED, candidate_name, metric_name, phrase
from touchstone.report.reading import Reading, mapping
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
    """Status and sentence of each."""
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
    asked = [f for f in reading.of_check("evaluate.requirements") if f.get("status") != "not_applicable"]
    waived = [finding for finding in reading.findings if mapping(finding.get("details")).get("waiver")]
    return FirstScreen(
        verdict=verdict,
        word=WORDS[verdict],
        headline=headline(reading),
        purpose=clip(reading.use.get("purpose") or "", 240),
        told=[part for part in parts if part.text or part.lines],
        beyond_doubt=beyond_doubt(reading),
        requirements=[(str(f.get("status")), sentence(f.get("statement") or "", 300)) for f in asked[:12]],
        waived=[f"{phrase(str(f.get('check'))).topic}: {sentence(f.get('statement') or '', 240)}" for f in waived[:10]],
        sign_off=sign_off(reading),
        facts=_facts(reading),
    )


_SETTLING = (
    "data.leakage", "data.group_leakage", "data.time_leakage", "evaluate.shift", "evaluate.slices", "evaluate.per_class",
    "adapt.stability", "adapt.forgetting", "evaluate.calibration",
)  # fmt: skip
"""Checks whose pass settles something that a reader worries about; references and requirements are told elsewhere."""


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
        undecided = _undecided(reading)
        rest = (
            f" {_number(undecided, 'question')} {'stays' if undecided == 1 else 'stay'} open, named below."
            if undecided
            else ""
        )
        return f"{opening} Nothing that was checked stands against it.{rest}"
    failed, undecided_phrases = [], []
    for check in reading.reasons:
        statuses = {f.get("status") for f in reading.of_check(check) if f.get("severity") in ("blocker", "major")}
        if "fail" in statuses or not statuses:
            failed.append(phrase(check).failed)
        else:
            undecided_phrases.append(phrase(check).open)
    said = [capital(_some(failed)) + "."] if failed else []
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
        said.append(
            f"Of 100 new examples like these it gets about {accuracy['value'] * 100:.0f} right{likely}{_where(reading)}."
        )
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


_HUMBLE = {
    "majority": "guessing the commonest class",
    "non-transfer": "a simple model without pretraining",
    "scratch": "the same kind of network trained from scratch",
    "linear-probe": "the frozen base with a linear probe",
}
"""The references, most humble first."""
_RICHER = "a probe that reads more layers of the frozen base, and that no plain model file can hold"
"""The linear probe, where what ships is the frozen base with a last layer alone."""


def better_than(reading: Reading) -> Told:
    """The chosen candidate against each reference, a line each."""
    label = "Better than what"
    row = reading.chosen_row(reading.metric)
    if row is None:
        return Told(label, "")
    metric = str(row.get("metric"))
    versus = {str(name): mapping(difference) for name, difference in mapping(row.get("versus")).items()}
    ordered = sorted(versus, key=lambda name: (list(_HUMBLE).index(name) if name in _HUMBLE else len(_HUMBLE), name))
    told = {**_HUMBLE, "linear-probe": _RICHER} if str(row.get("candidate")).startswith("last-layer@") else _HUMBLE
    lines = []
    for reference in ordered:
        outcome, amount = _outcome(versus[reference], metric)
        if outcome and reference != row.get("candidate"):
            lines.append(
                (
                    _STATUS[outcome],
                    f"{amount} {told.get(reference, clip(candidate_name(reference)))}{_ends(versus[reference], metric)}",
                )
            )
    unit = (
        "" if metric in UNBOUNDED or not lines else f"Points of {metric_name(metric)} out of 100, with 95 % intervals."
    )
    return Told(label, unit, lines[:8])


_STATUS = {"better": "pass", "worse": "fail", "same": "inconclusive"}


def _outcome(versus: Mapping[str, Any], metric: str) -> tuple[str | None, str]:
    """better, same or worse, in words with the amount; None where there is no difference to speak of."""
    ends = _better_is_plus(versus, metric)
    if ends is None:
        return None, ""
    value, low, high = ends
    outcome = "better" if low > 0 else "worse" if high < 0 else "same"
    if outcome == "same":
        return outcome, "Cannot be told apart from"
    amount = "" if metric in UNBOUNDED else f"{_whole(abs(value))} points "
    return outcome, f"{amount}{outcome} than" if amount else f"{capital(outcome)} than"


def _ends(versus: Mapping[str, Any], metric: str) -> str:
    ends = _better_is_plus(versus, metric)
    if ends is None or metric in UNBOUNDED:
        return ""
    _, low, high = ends
    if low <= 0 <= high:
        return f" ({numerals.points(low)} to {numerals.points(high)})"
    near, far = sorted((abs(low), abs(high)))
    return f" ({_whole(near)} to {_whole(far)})"


def _better_is_plus(versus: Mapping[str, Any], metric: str) -> tuple[float, float, float] | None:
    """Difference and its interval, turned so that plus is better."""
    difference, ends = versus.get("difference"), numerals.interval(versus.get("interval"))
    if not numerals.is_number(difference) or ends is None:
        return None
    sign = -1 if metric in SMALLER_IS_BETTER else 1
    low, high = sorted((sign * ends[0], sign * ends[1]))
    return sign * difference, low, high


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
    more = max(_undecided(reading), len(questions)) - 1
    return questions[0] + (
        f" {_number(more, 'further question')} {'is' if more == 1 else 'are'} listed below." if more else ""
    )


def _undecided(reading: Reading) -> int:
    """How many questions of weight are open: one for each check, whatever the number of its subjects."""
    return len({f.get("check") for f in reading.open if f.get("severity") in ("blocker", "major")})


def what_next(reading: Reading) -> str:
    """The next cheapest step: as the run says it, else the remedy of the gravest failed finding."""
    gallery = reading.gallery
    said = [sentence(line) for line in (gallery.common_cause, gallery.next_step) if line]
    if said:
        return " ".join(said)
    path = gallery.model_path or mapping(reading.evidence.get("chosen")).get("path")
    ready = (
        f"The model is ready in {clip(path)}; keep this page with it. " if reading.verdict == "ship" and path else ""
    )
    for finding in [*reading.failed, *reading.open]:
        if finding.get("severity") in ("blocker", "major") and finding.get("remedy"):
            return f"{ready}{sentence(finding['remedy'])}"
    return ready.strip()


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
