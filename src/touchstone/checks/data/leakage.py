"""Check ``data.leakage``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.data.leak_cost import LeakCost, leak_costs
from touchstone.checks.data.planted_copies import PROMISED, sensitivities
from touchstone.checks.data.splits import REPAIR, Pair, pairs
from touchstone.checks.gains import is_brought
from touchstone.checks.words import counted, listed, percent, plural, things
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.measures import Candidate
from touchstone.dataset.leaks import Crossing, find_crossings
from touchstone.stats.intervals import clopper_pearson
from touchstone.stats.plant import Sensitivity


class Leakage(Check):
    """Does evaluation data also stand in training data?

    **Question.** How much of the test set (and of validation and shift sets) is a copy of something that was
    trained on? A model is praised for remembering those.

    **Method.** Exact copies by digest of the decoded pixels or of the text's normal form; near copies (resized,
    recompressed, brightened, mirrored, cropped, turned slightly or by quarters, framed; re-cased, punctuated, edited in a word or
    two, put in another order) are proposed cheaply and verified on the pictures, laid over each other, or on the words
    themselves, as strictly as look-alikes in the same data ask for. Counted per example of the later split, with an exact interval for what
    share of such data leaks. One crossing is a fail: major, and a blocker where 1 % of the test set leaks or where
    leaving the copies out moves accuracy by a proven point. What they cost is told as the accuracy of the chosen model
    and of the linear probe with and without them; an audit asks a linear probe on simple features. Copies are left out of a given test set by a run;
    the finding then stays `fail` with severity minor. An audit mends nothing unless it is asked to
    write a new split. No pass without shown sensitivity: copies of the user's own examples are
    planted, and where fewer than 9 in 10 resized or recompressed pictures (re-cased or punctuated texts) are found,
    the answer is `inconclusive`.

    **Source.** Barz and Denzler (J. Imaging 2020) on near copies in CIFAR; Lee et al. (ACL 2022) on texts; Kapoor
    and Narayanan (Patterns 2023).

    **Cannot see.** Crops below three quarters, turns beyond ten degrees that are no quarters, overlays and free rewordings; on pictures that
    are all alike (cells, digits) small changes are lost among ordinary likeness. How much is found is measured on
    copies of the user's own examples and told in `details.sensitivity`. Whether the base model itself was pretrained
    on the test set cannot be known, nor what a model that is brought for assessment was trained on: that is said, and of a
    test set that was split off here from training data it is said that the model has probably seen it.
    """

    id: ClassVar[str] = "data.leakage"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DATA})
    thresholds: ClassVar[Mapping[str, float]] = {
        "copies": 0, "blocker_from_share": 0.01, "blocker_from_points": 0.01, "sensitivity": 0.9,
    }  # fmt: skip

    def run(self, context: Context) -> Iterator[Finding]:
        data = context.data
        used = {"train": data.train, "validation": data.validation, "test": data.test, **data.shift}
        now, before = find_crossings(used, data.near), find_crossings(data.given, data.near)
        found: tuple[Sensitivity, ...] | None = None
        for pair in pairs(data):
            remaining = _between(pair, now, merged=len(pair.used) > 2)
            original = [] if pair.made_here else _between(pair, before)
            if remaining:
                yield self._fail(context, pair, remaining)
            elif original and data.audited:
                yield self._standing(context, pair, original)
            elif original:
                yield self._mended(context, pair, original)
            else:
                found = sensitivities(data.train, context.seed) if found is None else found
                yield self._clean(context, pair, found)
        if context.chosen is not None and is_brought(context.chosen):
            yield self._trained_elsewhere(context, context.chosen)

    def _trained_elsewhere(self, context: Context, candidate: Candidate) -> Finding:
        """What an assessed model was trained on is known from hearsay alone."""
        task, n = context.study.task, len(context.data.test)
        severity, said, remedy = (
            Severity.INFO,
            f"It was trained elsewhere: that none of the {counted(n, task)} of test were among what it was trained on is stated by the study, "
            "and a model does not show it.",
            f"ask whoever trained it, or collect test {things(task)} that are newer than the model",
        )  # fmt: skip
        if "test" in context.data.made_here:
            severity, said, remedy = (
                Severity.MAJOR,
                f"The {counted(n, task)} of test were split off here from the data that were named as training data: a model that was "
                "trained on those before has seen them, and its scores here flatter.",
                f"give test {things(task)} that its training has not seen (data.test)",
            )  # fmt: skip
        return self.finding(
            candidate.subject, Status.INCONCLUSIVE, said, severity=severity, n=n, remedy=remedy, needed=None
        )

    def _clean(self, context: Context, pair: Pair, found: tuple[Sensitivity, ...]) -> Finding:
        n, task = len(pair.used[-1]), context.study.task
        share = clopper_pearson(0, n)
        details: dict[str, Any] = {"sensitivity": [str(one) for one in found], "limits": _limits(context)}
        blind = [one for one in found[:PROMISED] if not one.enough]
        kept = " (it was made here with copies kept together)" if pair.made_here else ""
        said = f"No copy of anything in {pair.first} was found among {counted(n, task)} of {pair.second}{kept}"
        if blind:
            missed = "; ".join(f"of planted {one.what} it found {one.recovered} of {one.tries}" for one in blind)
            return self.finding(
                pair.subject, Status.INCONCLUSIVE,
                f"{said}, but on these data the search for near copies is weak: {missed}. Exact copies are ruled out.",
                value=0.0, interval=share, threshold=0.0, n=n,
                remedy=f"look at the nearest neighbours of 20 test {things(task)} by eye, or split by the source the data came from",
                **details,
            )  # fmt: skip
        return self.finding(
            pair.subject,
            Status.PASS,
            f"{said}.{_reach(found)}",
            value=0.0,
            interval=share,
            threshold=0.0,
            n=n,
            **details,
        )

    def _fail(self, context: Context, pair: Pair, crossings: Sequence[Crossing]) -> Finding:
        task = context.study.task
        remedy = f"collect new {things(task)} for {pair.second}, or split again with copies and their source kept together ({REPAIR})"
        return self._flatters(context, pair, len(pair.used[-1]), crossings, " and could not be left out", remedy)

    def _standing(self, context: Context, pair: Pair, crossings: Sequence[Crossing]) -> Finding:
        """In an audit: nothing is measured, so nothing was mended by leaving the copies out."""
        assert pair.given is not None
        remedy = (
            f"leave the {counted(len(crossings), context.study.task)} out of {pair.second}, as `touchstone run` does, or split again "
            f"with copies and their source kept together ({REPAIR})"
        )
        return self._flatters(context, pair, len(pair.given[1]), crossings, "", remedy)

    def _flatters(
        self, context: Context, pair: Pair, n: int, crossings: Sequence[Crossing], also: str, remedy: str
    ) -> Finding:
        """Copies among ``n`` examples of the later split that scores are made of."""
        share = len(crossings) / n
        costs = leak_costs(context, crossings) if pair.decides else []
        said = f"{_leaked(crossings, pair, n, context.study.task)}{also}: scores on {pair.second} flatter"
        return self.finding(
            pair.subject, Status.FAIL, "; ".join([said, *map(str, costs[:1])]) + ".",
            severity=self._severity(pair, share, costs),
            value=share, interval=clopper_pearson(len(crossings), n), threshold=0.0, n=n, remedy=remedy,
            **_details(crossings), **_told(costs), limits=_limits(context),
        )  # fmt: skip

    def _mended(self, context: Context, pair: Pair, crossings: Sequence[Crossing]) -> Finding:
        assert pair.given is not None
        n, left, task = len(pair.given[1]), len(pair.used[-1]), context.study.task
        share = len(crossings) / n
        costs = leak_costs(context, crossings) if pair.decides else []
        corrected = (
            f"they were left out, and {counted(left, task)} remain for {'evaluation' if pair.decides else 'choosing'}"
        )
        told = "".join(f"; {one}" for one in costs[:1]) + ("" if not costs else ", which is what counts here")
        return self.finding(
            pair.subject, Status.FAIL, f"{_leaked(crossings, pair, n, task)}; {corrected}{told}.",
            severity=Severity.MINOR,
            value=share, interval=clopper_pearson(len(crossings), n), threshold=0.0, n=n,
            remedy=f"the {counted(len(crossings), task)} were left out of {pair.second}; split by group or source so that it does not happen again ({REPAIR})",
            severity_unmended=str(self._severity(pair, share, costs)), **_details(crossings), **_told(costs),
        )  # fmt: skip

    def _severity(self, pair: Pair, share: float, costs: Sequence[LeakCost]) -> Severity:
        moved = bool(costs) and costs[0].proven(self.thresholds["blocker_from_points"])
        grave = share >= self.thresholds["blocker_from_share"] or moved
        return pair.gravest(Severity.BLOCKER if grave else Severity.MAJOR)


def _told(costs: Sequence[LeakCost]) -> dict[str, Any]:
    """What decides, at the top; further models below."""
    return {} if not costs else {**costs[0].details(), "further_models": [one.details() for one in costs[1:]]}


def _between(pair: Pair, crossings: Sequence[Crossing], merged: bool = False) -> list[Crossing]:
    """The crossings of a pair, one per example of its second split."""
    firsts = {pair.first, "validation"} if merged else {pair.first}
    found: dict[int, Crossing] = {}
    for one in crossings:
        if one.second_split == pair.second and one.first_split in firsts:
            found.setdefault(one.second_index, one)
    return [found[i] for i in sorted(found)]


def _leaked(crossings: Sequence[Crossing], pair: Pair, n: int, task: str) -> str:
    kinds = Counter("exact" if one.kind == "exact" else "near" for one in crossings)
    told = ", ".join(plural(count, f"{kind} copy", f"{kind} copies") for kind, count in sorted(kinds.items()))
    stand = "stands" if len(crossings) == 1 else "stand"
    return f"{len(crossings):,} of {counted(n, task)} of {pair.second} ({percent(len(crossings) / n)}) also {stand} in {pair.first} ({told})"


def _reach(found: Sequence[Sensitivity]) -> str:
    """Which planted copies the search would have found and which it would have missed, in a sentence or two."""
    caught = [one.what for one in found if one.enough]
    missed = [f"{one.what} ({one.recovered} of {one.tries} found)" for one in found if not one.enough]
    said = f" Planted copies show that it finds {listed(caught)}" if caught else ""
    if not missed:
        return said + "." if said else ""
    return f"{said}; it misses {listed(missed)}." if said else f" It misses {listed(missed)}."


def _details(crossings: Sequence[Crossing]) -> dict[str, Any]:
    return {
        "pairs": [[one.first, one.second, one.kind, one.score] for one in crossings],
        "examples": [one.second for one in crossings],
        "by_kind": dict(Counter(one.kind for one in crossings)),
    }  # fmt: skip


def _limits(context: Context) -> list[str]:
    return [said for said in context.data.guesses if "copies" in said]
