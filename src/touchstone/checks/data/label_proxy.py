"""Check ``data.label_proxy``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.data.proxy import Seen
from touchstone.checks.data.proxy_signs import telling_signs
from touchstone.checks.data.proxy_traits import telling_traits
from touchstone.checks.data.proxy_words import telling_words
from touchstone.checks.doubt import more
from touchstone.checks.words import counted, listed, percent, things
from touchstone.core.finding import Finding, Status
from touchstone.dataset.inputs import Texts
from touchstone.dataset.model import UNLABELLED, Examples
from touchstone.dataset.trivial import trivial_view
from touchstone.evaluate.give_away import give_away

_MOST, _MOST_TEXTS = 2000, 10_000


class LabelProxy(Check):
    """Does something trivial give the label away?

    **Question.** Could a model find the label without looking at what the example shows: by a border, a watermark,
    the size, format or quality of the file, the camera, a source column, the length of a text, or one word?

    **Method.** Every trivial property alone predicts the label by a shallow decision tree, each example held out;
    the best of them all is held against permuted labels (max-statistic, so that trying many costs nothing). Three
    kinds are judged apart. What the example does not show (border, format, packing, quality, camera, source): a fail
    where it brings half of what a real probe brings over guessing, or names one class with 80 % precision in 40 % of
    its examples. Sizes (of a text, a file, a picture), which content may rightly have: where it brings three
    quarters of the probe's gain, or names a class with 95 % precision in 80 % of it. A column of the input itself:
    only where it is right in 98 % of cases, too good to be true. Signs that repeat at one place of a class's pictures
    are sought in 64 blocks of fine structure (below 24 pixels near the corners alone, below 8 pixels not at all, as
    little as borders), and count where no other place is nearly as telling (else it is the
    content that stands at fixed places, as in digits and charts) or where one block, and no other, is the same in
    the pictures of the class and shows what others lack. A trait that the example does not show may also halve the
    classes: a fail where it parts them in 90 % of each. A word counts
    where it stands in most texts of one class and nearly none of the others, the class is not named after it, and it was
    put there rather than written: cut out, it leaves neighbours that stand beside each other in other texts, too, and it
    keeps to one place or has no usual neighbour. A topic's own words leave gaps that nobody writes.

    **Source.** Westfall and Young (1993); Geirhos et al. (Nature Machine Intelligence 2020) on shortcuts; Kapoor and
    Narayanan (Patterns 2023).

    **Cannot see.** A background that goes with a class (`evaluate.shortcut`), marks that move, and what moves
    through the texts in several words.
    """

    id: ClassVar[str] = "data.label_proxy"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DATA})
    thresholds: ClassVar[Mapping[str, float]] = {
        "artefact_of_probe": 0.5, "artefact_precision": 0.8, "artefact_recall": 0.4,
        "measure_of_probe": 0.75, "measure_precision": 0.95, "measure_recall": 0.8, "group_share": 0.9,
        "content": 0.98, "mark_auc": 0.85, "mark_repeated": 0.25, "mark_stands_out": 1.5, "stamp_auc": 0.9, "stamp_repeated": 0.7, "stamp_added": 20.0,
        "word_recall": 0.6, "odd_word_recall": 0.4, "word_precision": 0.95, "word_closes": 0.7, "word_neighbour": 0.3,
        "word_fixed": 0.95, "edge_recall": 0.9, "edge_always": 0.97, "edge_closes": 0.1, "edge_closes_rarer": 0.3, "least": 30,
    }  # fmt: skip

    def run(self, context: Context) -> Iterator[Finding]:
        examples = _labelled(context)
        classes, task = context.data.classes, context.study.task
        counts = np.bincount(examples.labels, minlength=len(classes)) if len(examples) else np.zeros(1, int)
        if (counts >= self.thresholds["least"]).sum() < 2 and not self._many(counts):
            goal = int(self.thresholds["least"]) * len(classes)
            doubt = more(len(examples), goal, f"labelled {things(task)}", "something trivial gives the label away")
            yield self.finding(
                "train", Status.INCONCLUSIVE,
                f"{counted(len(examples), task)} of {len(classes)} classes are too few to tell a give-away from chance.",
                n=len(examples), remedy=doubt.remedy, **doubt.details,
            )  # fmt: skip
            return
        yield from self._judge(context, examples, classes)

    def _many(self, counts: NDArray[Any]) -> bool:
        """Many small classes can be judged together though none can be judged alone."""
        return bool(counts.sum() >= 300 and (counts >= 5).sum() >= 10)

    def _judge(self, context: Context, examples: Examples, classes: tuple[str, ...]) -> Iterator[Finding]:
        view, seen = trivial_view(examples), Seen(examples, classes, self.thresholds)
        k, ceiling = len(classes), _probe_accuracy(context)
        tried = [
            (one, made) for one in view.properties if (made := give_away(one.values, examples.labels, k)) is not None
        ]
        found = telling_traits(seen, tried, ceiling, context.seed)
        names = [one.name for one, _ in tried]
        if view.blocks is not None and view.places is not None and view.places.any():
            found += telling_signs(seen, view.blocks, view.places)
            names.append("signs that stand at one place" if view.places.all() else "signs near a corner")
        if isinstance(examples.inputs, Texts):
            more_of_them = _labelled(context, _MOST_TEXTS)
            assert isinstance(more_of_them.inputs, Texts), "a sample of texts is one"
            found += telling_words(Seen(more_of_them, classes, self.thresholds), more_of_them.inputs.texts)
            names.append("single words")
        task = context.study.task
        for proxy in found:
            yield self.finding(
                "train", Status.FAIL, proxy.said, value=proxy.value, interval=proxy.interval, threshold=proxy.threshold,
                n=len(examples), remedy="make the classes alike in this (the same source, size, format, frame), remove it from every example, "
                "or collect examples that break the tie; a score on such data says little",
                proxy=proxy.name, examples=list(proxy.examples), probe_balanced_accuracy=ceiling, split="train",
            )  # fmt: skip
        if found:
            return
        best = max(tried, key=lambda pair: pair[1].balanced_accuracy, default=None)
        told = "" if best is None else (
            f" The most telling, {best[0].name}, alone names {percent(best[1].balanced_accuracy)} of each class "
            f"(guessing: {percent(1 / k)}" + (f", a simple probe: {percent(ceiling)})" if ceiling else ")") + "."
        )  # fmt: skip
        sought = f"; looked at: {listed(names, 12)}" if names else ""
        if not names:
            told = " Nothing about them but their content differs."
        yield self.finding(
            "train", Status.PASS,
            f"Nothing trivial gives the label away in {counted(len(examples), task)}{sought}.{told}",
            value=None if best is None else best[1].balanced_accuracy, threshold=None, n=len(examples),
            no_interval="the best of many properties", tried={one.name: made.balanced_accuracy for one, made in tried},
            probe_balanced_accuracy=ceiling,
        )  # fmt: skip


def _labelled(context: Context, most: int = _MOST) -> Examples:
    """A sample of the labelled training examples, classes in proportion, the same for every order."""
    given = context.data.given["train"]
    known = np.flatnonzero(given.labels != UNLABELLED)
    ordered = known[np.argsort(np.array(given.digests, dtype=str)[known], kind="stable")]
    if len(ordered) > most:
        rng = np.random.default_rng(context.seed)
        ordered = np.sort(rng.permutation(ordered)[:most])
    return given.take(ordered)


def _probe_accuracy(context: Context) -> float | None:
    """Balanced accuracy of the held-out probe of the content."""
    probed = context.probed
    if probed is None:
        return None
    right = probed.probabilities.argmax(axis=1) == probed.labels
    counts = np.bincount(probed.labels)
    there = counts > 0
    return float((np.bincount(probed.labels, right)[there] / counts[there]).mean())
