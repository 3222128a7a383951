"""Check ``data.group_leakage``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.data.implied import Looked, look
from touchstone.checks.data.splits import REPAIR, Pair, pairs
from touchstone.checks.words import between, counted, percent, plural, points, quoted
from touchstone.core.finding import Finding, Severity, Status
from touchstone.dataset.implied_groups import Implied
from touchstone.dataset.model import Examples
from touchstone.evaluate.group_harm import Harm


class GroupLeakage(Check):
    """Does one subject or source stand on both sides?

    **Question.** Do the training data and the data that are measured on share a patient, author, photographer,
    session or whatever the study declares as `group`? If so the score tells how well known subjects are recognised
    again, not how well new ones are served.

    **Method.** Intersection of the declared groups, once for the splits as they were given and once as they are
    used after repair. Deterministic. A shared group between training and test is a blocker; between training and
    validation, validation and test, or training and a shift set it is major. Where the run left the shared examples
    out, the finding stays `fail` with severity minor. Where nothing is declared, columns and parts of file names whose
    values come back 2 to 50 times and stand on both sides are asked what they are worth: held-out accuracy of a linear
    probe and of the nearest neighbour with folds at random, minus that with whole groups held out, paired on the
    training examples. From 3 points, and above 0 for certain, a fail (major).

    **Source.** Kapoor and Narayanan (Patterns 2023), the taxonomy of leakage; Roberts et al. (Ecography 2017).

    **Cannot see.** Groups that no column or name tells, one subject under two names, and undeclared groups of which
    training holds one example each.
    """

    id: ClassVar[str] = "data.group_leakage"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DATA})
    thresholds: ClassVar[Mapping[str, float]] = {"shared_groups": 0, "harm_undeclared": 0.03}

    def run(self, context: Context) -> Iterator[Finding]:
        column = context.study.data.columns.group
        for pair in pairs(context.data):
            if all(side.groups is not None for side in pair.used):
                yield self._judge(pair, column or "group", context.study.task)
            elif pair.decides or column is not None:  # where nothing is declared, saying so once is enough
                yield self._undeclared(pair, context)

    def _undeclared(self, pair: Pair, context: Context) -> Finding:
        looked = look(context, pair) if pair.decides else Looked()
        if worst := looked.worst(self.thresholds["harm_undeclared"]):
            return self._harmful(pair, context, *worst)
        open_ = looked.is_open(self.thresholds["harm_undeclared"])
        return self.finding(
            pair.subject, Status.INCONCLUSIVE if open_ else Status.NOT_APPLICABLE,
            f"No group column is declared for both sides, so whether a subject or source stands on both is not known.{looked}",
            remedy="name the column that tells who or where an example comes from (columns.group), if there is one"
            + ("; about twice as many labelled examples would tell whether it matters" if open_ else ""),
            guesses=list(context.data.guesses), asked=looked.details(),
        )  # fmt: skip

    def _harmful(self, pair: Pair, context: Context, group: Implied, harm: Harm) -> Finding:
        second = pair.used[-1]
        shared = sorted(group.shared)
        among = [name for name, value in zip(second.names, group.second, strict=True) if value in group.shared]
        interval = harm.claim.interval()
        task = context.study.task
        mend = (
            f"declare it (data.columns.group: {group.column})"
            if group.column
            else "write it into a column of a table and declare that as the group"
        )
        return self.finding(
            pair.subject, Status.FAIL,
            f"No group is declared, but {group.told} acts like one: {plural(len(shared), 'value')} ({quoted(shared, 3)}) "
            f"{'stand' if len(shared) > 1 else 'stands'} in both {pair.first} and {pair.second}, with {len(among):,} of {counted(len(second), task)} "
            f"of {pair.second} ({percent(len(among) / len(second))}), and {harm.probe} that has seen others of the group is right in "
            f"{percent(harm.seen)} of cases, else in {percent(harm.unseen)}: scores on {pair.second} flatter by up to {points(harm.claim.value)} "
            f"({between(interval.low, interval.high)}).",
            severity=Severity.MAJOR, value=len(among) / len(second), threshold=0.0, n=len(second),
            remedy=f"{mend}, so that every value stays on one side",
            column=group.column, harm=harm.claim.value, harm_interval=interval, shared_groups=shared[:1000], examples=among,
            split=pair.second,
        )  # fmt: skip

    def _judge(self, pair: Pair, column: str, task: str) -> Finding:
        *first, second = pair.used
        shared, among = _shared(first, second)
        if shared:
            return self._fail(pair, column, task, shared, among, second)
        if pair.given is not None:
            was_shared, was_among = _shared([pair.given[0]], pair.given[1])
            if was_shared:
                return self._mended(pair, column, task, was_shared, was_among, second)
        how = f"`{pair.second}` was made here with groups kept together" if pair.made_here else "as given"
        return self.finding(
            pair.subject, Status.PASS,
            f"No `{column}` stands in both {pair.first} and {pair.second} ({how}).",
            value=0.0, threshold=0.0, n=len(second),
        )  # fmt: skip

    def _fail(
        self, pair: Pair, column: str, task: str, shared: Sequence[str], among: Sequence[str], second: Examples
    ) -> Finding:
        share = len(among) / len(second)
        score = (
            "choosing on them misleads"
            if pair.second == "validation" or pair.first == "validation"
            else "scores on them flatter"
        )
        return self.finding(
            pair.subject, Status.FAIL,
            f"{plural(len(shared), 'value')} of `{column}` ({quoted(shared, 3)}) {'stand' if len(shared) > 1 else 'stands'} in both {pair.first} "
            f"and {pair.second}, with {len(among):,} of {counted(len(second), task)} of {pair.second} ({percent(share)}): {score}, "
            "because the model has seen these sources before.",
            severity=pair.gravest(Severity.BLOCKER), value=share, threshold=0.0, n=len(second),
            remedy=f"leave `{pair.second}` out of the study file, so that a new one is made with every `{column}` on one side, "
            f"or split the data by it ({REPAIR})",
            shared_groups=list(shared[:1000]), examples=list(among), split=pair.second,
        )  # fmt: skip

    def _mended(
        self, pair: Pair, column: str, task: str, shared: Sequence[str], among: Sequence[str], second: Examples
    ) -> Finding:
        assert pair.given is not None
        n = len(pair.given[1])
        return self.finding(
            pair.subject, Status.FAIL,
            f"As given, {plural(len(shared), 'value')} of `{column}` stood in both {pair.first} and {pair.second}, with {len(among):,} of "
            f"{counted(n, task)} of {pair.second}; the overlap was left out, and {len(second):,} remain for {_use(pair)}.",
            severity=Severity.MINOR, value=len(among) / n, threshold=0.0, n=n,
            remedy=f"the overlap was left out; split by `{column}` to use every example ({REPAIR})",
            severity_unmended=str(pair.gravest(Severity.BLOCKER)),
            shared_groups=list(shared[:1000]), examples=list(among), split=pair.second,
        )  # fmt: skip


def _use(pair: Pair) -> str:
    return "evaluation" if pair.decides else "choosing"


def _shared(first: Sequence[Examples], second: Examples) -> tuple[list[str], list[str]]:
    """The groups on both sides, and the names of the second side's examples that belong to them; '' is no group."""
    seen = {group for side in first for group in side.groups or () if group}
    groups = second.groups or ()
    shared = sorted(seen & set(groups))
    return shared, [name for name, group in zip(second.names, groups, strict=False) if group in seen]
