"""Check ``data.label_noise``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.doubt import more
from touchstone.checks.words import counted, percent, plural, things
from touchstone.core.finding import Finding, Severity, Status
from touchstone.dataset.probed import Probed
from touchstone.evaluate.held_out import held_out
from touchstone.evaluate.label_noise import NoiseView, flipped, noise_view
from touchstone.evaluate.neighbours import neighbour_votes
from touchstone.stats.decide import ALPHA, ALPHA_PASS
from touchstone.stats.intervals import clopper_pearson, lower_bound, upper_bound
from touchstone.stats.plant import Sensitivity


class LabelNoise(Check):
    """How many labels are wrong?

    **Question.** What share of the training labels says something else than what the example shows?

    **Method.** A linear probe names the class of every example without having seen it, and the ten nearest
    neighbours vote (copies and members of one group do not vouch for each other). Where the two agree, and the probe
    is among the surer half or quarter, even hard tasks are easy, and the share of labels that differ there estimates the share
    of wrong ones. A fail where at least 4 % are estimated and more than 2 % proven; a pass where less than 4 % is
    shown and labels flipped on purpose in a copy (one in ten) raise the estimate by at least half of that.
    All contradicted labels are listed, the surest first. Features are those of the base model that carries the
    study, else simple ones (edges and colours; weighted words).

    **Source.** After confident learning (Northcutt, Jiang and Chuang, JAIR 2021); half of what such lists name was
    confirmed by people in ten well-known test sets (Northcutt et al., NeurIPS 2021): look before relabelling.

    **Cannot see.** Wrong labels of examples that are hard to tell, a class that is labelled wrongly as a whole, and
    labels of the sealed test set. Where labels are ambiguous by nature, relabelling a sample by hand tells more.
    """

    id: ClassVar[str] = "data.label_noise"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DATA})
    thresholds: ClassVar[Mapping[str, float]] = {
        "share": 0.04, "proven_share": 0.02, "planted_share": 0.10, "sensitivity": 0.5, "least_per_class": 10,
    }  # fmt: skip

    def run(self, context: Context) -> Iterator[Finding]:
        probed, classes, task = context.probed, context.data.classes, context.study.task
        if probed is None or _per_class(probed) < self.thresholds["least_per_class"]:
            n = 0 if probed is None else len(probed.examples)
            yield self._too_few(n, int(self.thresholds["least_per_class"]) * 2 * len(classes), task)
            return
        votes = neighbour_votes(probed.features, probed.labels, probed.units, len(classes))
        view = noise_view(probed.probabilities, probed.labels, votes)
        yield self._judge(context, probed, view)

    def _judge(self, context: Context, probed: Probed, view: NoiseView) -> Finding:
        task = context.study.task
        share, n = view.share, view.n
        lower = lower_bound(view.contradicted, n, ALPHA[Severity.MAJOR]) if n else 0.0
        upper = upper_bound(view.contradicted, n, ALPHA_PASS) if n else 1.0
        told = _told(probed, view, context.data.classes)
        value: dict[str, Any] = {
            "value": share, "interval": clopper_pearson(view.contradicted, n) if n else None,
            "threshold": self.thresholds["share"], "n": n,
        }  # fmt: skip
        said = (
            f"Of {counted(n, task)} that a held-out probe and their neighbours place with confidence, "
            f"{view.contradicted:,} ({percent(share)}) carry another label"
        )
        if share >= self.thresholds["share"] and lower > self.thresholds["proven_share"]:
            return self.finding(
                "train", Status.FAIL,
                f"{said}: about {percent(share)} of all labels are wrong. They teach the wrong thing and hide how good a model is.",
                remedy=f"look at the {plural(len(told['examples']), 'suspect label')} in flagged.csv, the surest first, and relabel what is wrong",
                **value, **told,
            )  # fmt: skip
        if upper < self.thresholds["share"]:
            planted = self._planted(probed, view, len(context.data.classes), context.seed)
            if planted.enough:
                return self.finding(
                    "train", Status.PASS,
                    f"{said}: less than {percent(self.thresholds['share'])} of the labels seem wrong.",
                    **value, **told, sensitivity=[str(planted)],
                )  # fmt: skip
            return self._doubt(
                said, f"{planted.what} would not have shown", n, None, task, {**value, **told}, [str(planted)]
            )
        needed = round(n * 4) if n else None
        return self._doubt(said, "which may or may not be too many", n, needed, task, {**value, **told}, [])

    def _planted(self, probed: Probed, view: NoiseView, n_classes: int, seed: int) -> Sensitivity:
        """Whether labels flipped in a copy raise the estimate as they should."""
        share = self.thresholds["planted_share"]
        tries = 1 if n_classes > 20 else 3
        found = 0
        groups = probed.units if probed.examples.groups is not None else None
        for rng in np.random.default_rng(seed).spawn(tries):
            labels = flipped(probed.labels, n_classes, share, rng)
            made = held_out(probed.features, labels, n_classes, groups, penalty_c=probed.penalty_c, seed=seed)
            votes = neighbour_votes(probed.features, labels, probed.units, n_classes)
            again = noise_view(made.probabilities, labels, votes)
            found += again.share - view.share >= self.thresholds["sensitivity"] * share and again.n >= 20
        return Sensitivity(found, tries, f"{percent(share)} flipped labels")

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
