"""Check ``data.label_noise``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.doubt import more
from touchstone.checks.words import counted, percent, plural, things
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.interval import Interval
from touchstone.dataset.probed import Probed
from touchstone.evaluate.held_out import held_out
from touchstone.evaluate.label_noise import NoiseView, flipped, noise_view, turned
from touchstone.evaluate.lapses import Lapses, lapses
from touchstone.evaluate.neighbours import neighbour_votes
from touchstone.evaluate.one_way import OneWay, one_way
from touchstone.stats.decide import ALPHA, ALPHA_PASS
from touchstone.stats.plant import Sensitivity


class LabelNoise(Check):
    """How many labels are wrong?

    **Question.** What share of the training labels says something else than what the example shows?

    **Method.** A linear probe names the class of every example without having seen it, and the ten nearest
    neighbours vote (copies and members of one group do not vouch for each other). The more plainly both speak, the
    rarer a label differs: in a hard task ever rarer, where labels are wrong at random down to their share and no
    further; and hard cases carry the label of the runner-up, wrong ones any. A mixture of both is fitted to all
    examples; its floor is the share of wrong labels, so that neither hard cases nor outcomes that chance decides
    count as wrong labels. A fail where the floor is 4 % or more, more than 2 % is proven (profile likelihood), and it
    can be borne: the probe errs on 35 % at most and the labels that probe and neighbours contradict one by one make
    up 2 % and a quarter of the floor, or what is proven, of 200 examples or more, is at least 35 % of all the probe's errors, so that wrong
    labels and not the task make it err. Labels of one class changed to one other look like a border to a probe;
    there the floor is fitted on one side, between the three pairs of classes most mixed up. Under the same two bounds
    it is a fail for images and texts, where the two classes would without those labels be mistaken for each other in
    15 % at most; in tables it is never one, since outcomes that nothing foretells leave the same trace. A pass where less than 4 % is
    shown either way; labels flipped on purpose in a copy (one in ten) raise the floor by at least half of that, and
    labels of the largest class changed to one other forbid the pass.
    All contradicted labels are listed, the surest first. Features are those of the base model that carries the
    study, else simple ones (edges and colours; weighted words).

    **Source.** The floor is the lapse rate of psychometric functions (Wichmann and Hill, 2001); the list follows
    confident learning (Northcutt, Jiang and Chuang, JAIR 2021). Half of what such lists name was confirmed by people in
    ten well-known test sets (Northcutt et al., NeurIPS 2021): look before relabelling.

    **Cannot see.** Wrong labels of examples that are hard to tell, a class that is labelled wrongly as a whole or in the
    larger part, and labels of the sealed test set. Where labels are ambiguous by nature, relabelling a sample by hand tells more.
    """

    id: ClassVar[str] = "data.label_noise"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DATA})
    thresholds: ClassVar[Mapping[str, float]] = {
        "share": 0.04, "proven_share": 0.02, "planted_share": 0.10, "sensitivity": 0.5, "least_per_class": 10,
        "probe_error": 0.35, "borne_share": 0.25, "explained": 0.35, "explained_n": 200, "one_way": 0.4, "one_way_hardness": 0.15,
    }  # fmt: skip

    def run(self, context: Context) -> Iterator[Finding]:
        probed, classes, task = context.probed, context.data.classes, context.study.task
        if probed is None or _per_class(probed) < self.thresholds["least_per_class"]:
            n = 0 if probed is None else len(probed.examples)
            yield self._too_few(n, int(self.thresholds["least_per_class"]) * 2 * len(classes), task)
            return
        votes = neighbour_votes(probed.features, probed.labels, probed.units, len(classes))
        floor = lapses(probed.probabilities, votes, probed.labels, _groups(probed))
        view = noise_view(probed.probabilities, probed.labels, votes)
        if self._explains(floor, view.error, len(probed.labels)):
            view = noise_view(probed.probabilities, probed.labels, votes, floor.rate)
        yield self._judge(context, probed, floor, votes, _told(probed, view, classes))

    def _explains(self, floor: Lapses, error: float, n: int) -> bool:
        """Whether wrong labels, not the task, make the probe err: the larger part of its errors is proven floor."""
        proven = floor.ends(ALPHA[Severity.MAJOR])[0]
        goal = max(self.thresholds["share"], self.thresholds["explained"] * error)
        return n >= self.thresholds["explained_n"] and proven >= goal

    def _judge(
        self, context: Context, probed: Probed, floor: Lapses, votes: NDArray[Any], told: dict[str, Any]
    ) -> Finding:
        task, n, share = context.study.task, len(probed.examples), floor.rate
        lower, upper = floor.ends(ALPHA[Severity.MAJOR])[0], floor.ends(ALPHA_PASS)[1]
        value: dict[str, Any] = {
            "value": share, "interval": Interval(*floor.ends(0.025)), "threshold": self.thresholds["share"], "n": n,
        }  # fmt: skip
        weak = "" if self._explains(floor, told["probe_error"], n) else self._weakness(share, told, n, task)
        if share >= self.thresholds["share"] and lower > self.thresholds["proven_share"] and not weak:
            return self.finding(
                "train", Status.FAIL,
                f"About {percent(share)} of the labels of {counted(n, task)} are wrong: so often they differ from what a held-out "
                "probe and the neighbours name, however plain the case. They teach the wrong thing and hide how good a model is.",
                remedy=f"look at the {plural(len(told['examples']), 'suspect label')} in flagged.csv, the surest first, and relabel what is wrong",
                **value, **told,
            )  # fmt: skip
        said = f"In plain cases among {counted(n, task)} a held-out probe and the neighbours contradict about {percent(share)} of the labels"
        if upper < self.thresholds["share"]:
            pair = self._one_way(probed.probabilities, votes, probed.labels)
            if pair is not None and pair.ends(ALPHA_PASS)[1] >= self.thresholds["share"]:
                return self._one_sided(pair, probed, context.data.classes, value, told, task)
            planted, one_sided = self._planted(probed, floor, len(context.data.classes), context.seed)
            shown = [str(one) for one in (planted, one_sided) if one.tries]
            if planted.enough and (one_sided.enough or not one_sided.tries):
                return self.finding(
                    "train", Status.PASS,
                    f"{said}: less than {percent(self.thresholds['share'])} seem wrong.",
                    **value, **told, sensitivity=shown,
                )  # fmt: skip
            missed = one_sided if planted.enough else planted
            return self._doubt(said, f"{missed.what} would not have shown", n, None, task, {**value, **told}, shown)
        low, high = floor.ends(0.025)
        range_ = (
            f"between {percent(low)} and {percent(high)} may be wrong"
            if high < 1
            else "how many are wrong cannot be told"
        )
        if not weak and low > self.thresholds["share"]:
            weak = "that is likely too many, but not yet beyond doubt"
        weak = weak or "the classes are too hard to tell apart to know better"
        return self._doubt(said, f"{range_}: {weak}", n, n * 4, task, {**value, **told}, [])

    def _weakness(self, share: float, told: Mapping[str, Any], n: int, task: str) -> str:
        """Why the estimate cannot bear a verdict; empty where it can."""
        error, suspects = told["probe_error"], len(told["examples"])
        if error > self.thresholds["probe_error"]:
            return f"the probe itself errs on {percent(error)}, too often to tell wrong labels from hard cases"
        if suspects < n * max(self.thresholds["proven_share"], self.thresholds["borne_share"] * share):
            return f"probe and neighbours contradict {counted(suspects, task)} one by one, too few to bear more"
        return ""

    def _one_way(self, probabilities: NDArray[Any], votes: NDArray[Any], labels: NDArray[Any]) -> OneWay | None:
        return one_way(probabilities, votes, labels, least=self.thresholds["proven_share"], alpha=ALPHA_PASS)

    def _one_sided(
        self, pair: OneWay, probed: Probed, classes: tuple[str, ...], value: Mapping[str, Any], told: dict[str, Any],
        task: str,
    ) -> Finding:  # fmt: skip
        """What is said where labels of one class seem changed to one other."""
        true, given = classes[pair.true], classes[pair.given]
        kind, n = f"labelled {given}, looks like {true}", len(probed.examples)
        names = [probed.examples.names[i] for i in pair.rows]
        rest = [(name, one) for name, one in zip(told["examples"], told["kinds"], strict=True) if name not in names]
        told = {
            **told, "examples": names + [name for name, _ in rest], "kinds": [kind] * len(names) + [one for _, one in rest],
            "one_way": [true, given, pair.share], "one_way_hardness": pair.hardness,
        }  # fmt: skip
        told["most_confused"] = [[one, count] for one, count in Counter(told["kinds"]).most_common(10)]
        low, high = pair.ends(ALPHA[Severity.MAJOR])[0], pair.ends(ALPHA_PASS)[1]
        numbers = {**value, "value": pair.share, "interval": Interval(*pair.ends(0.025)), **told}
        said = f"of the labels of {counted(n, task)} are {given!r} where all looks like {true!r}, and not more rarely the plainer the case"
        borne = task != "tabular-classification" and pair.hardness <= self.thresholds["one_way_hardness"]
        if borne and pair.share >= self.thresholds["share"] and low > self.thresholds["proven_share"]:
            return self.finding(
                "train", Status.FAIL,
                f"About {percent(pair.share)} {said}: they were changed one way, or {given!r} has a part that nothing tells "
                f"from {true!r}. Either teaches the wrong thing.",
                remedy=f"look at the {counted(len(names), task)} in flagged.csv that look like {true!r}, the surest first, and "
                "relabel what is wrong",
                **numbers,
            )  # fmt: skip
        return self._doubt(
            f"About {percent(pair.share)} ({percent(pair.ends(ALPHA_PASS)[0])} to {percent(high)}) {said}",
            "labels changed one way look so, and so does a part of the one class that nothing tells from the other",
            n, None, task, numbers, [],
        )  # fmt: skip

    def _planted(self, probed: Probed, floor: Lapses, n_classes: int, seed: int) -> tuple[Sensitivity, Sensitivity]:
        """Whether labels flipped in a copy raise the floor as they should: to any class, and from one to one other."""
        share, goal = self.thresholds["planted_share"], self.thresholds["sensitivity"]
        n, counts = len(probed.labels), np.bincount(probed.labels, minlength=n_classes)
        true = int(counts.argmax())
        count = min(round(share * n), round(self.thresholds["one_way"] * counts[true]))
        # where even the largest class is small, no pair of classes reaches the share that matters
        pairs = int(n_classes <= 20 and count >= self.thresholds["share"] * n)
        tries = 1 if n_classes > 20 else 3 - pairs
        found, groups = 0, _groups(probed)

        def again(labels: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
            made = held_out(probed.features, labels, n_classes, groups, penalty_c=probed.penalty_c, seed=seed)
            return made.probabilities, neighbour_votes(probed.features, labels, probed.units, n_classes)

        rngs = np.random.default_rng(seed).spawn(tries + pairs)
        for rng in rngs[:tries]:
            labels = flipped(probed.labels, n_classes, share, rng)
            found += lapses(*again(labels), labels, groups).rate - floor.rate >= goal * share
        seen = 0
        for rng in rngs[tries:]:
            given = int(np.argsort(-probed.probabilities[probed.labels == true].sum(axis=0), kind="stable")[1])
            labels = turned(probed.labels, true, given, count, rng)
            pair = self._one_way(*again(labels), labels)
            seen += pair is not None and pair.ends(ALPHA_PASS)[1] >= self.thresholds["share"]
        return (
            Sensitivity(found, tries, f"{percent(share)} flipped labels"),
            Sensitivity(seen, pairs, f"{percent(count / n)} of the labels changed from one class to one other"),
        )

    def _doubt(
        self, said: str, why: str, n: int, needed: int | None, task: str, told: dict[str, Any], planted: list[str]
    ) -> Finding:
        doubt = more(n, needed, f"labelled {things(task)}", "too many labels are wrong")
        return self.finding(
            "train", Status.INCONCLUSIVE, f"{said}; {why}.",
            remedy=f"relabel 100 examples drawn at random without looking at their labels; {doubt.remedy}",
            sensitivity=planted, **told, **doubt.details,
        )  # fmt: skip

    def _too_few(self, n: int, goal: int, task: str) -> Finding:
        doubt = more(n, goal, f"labelled {things(task)}", "too many labels are wrong")
        return self.finding(
            "train", Status.INCONCLUSIVE,
            f"{counted(n, task)} with labels, fewer than {self.thresholds['least_per_class']:g} of a typical class, "
            "are too few to tell a wrong label from a rare case.",
            n=n, remedy=doubt.remedy, **doubt.details,
        )  # fmt: skip


def _groups(probed: Probed) -> NDArray[np.int64] | None:
    return probed.units if probed.examples.groups is not None else None


def _per_class(probed: Probed) -> float:
    counts = np.bincount(probed.labels)
    return float(np.median(counts[counts > 0]))


def _told(probed: Probed, view: NoiseView, classes: tuple[str, ...]) -> dict[str, Any]:
    suspects = view.suspects(probed.probabilities, probed.labels)
    kinds = [f"labelled {classes[probed.labels[i]]}, looks like {classes[view.named[i]]}" for i in suspects]
    return {
        "examples": [probed.examples.names[i] for i in suspects], "kinds": kinds, "split": "train",
        "most_confused": [[kind, count] for kind, count in Counter(kinds).most_common(10)],
        "examined": len(probed.examples), "probe_error": view.error, "features": probed.source,
    }  # fmt: skip
