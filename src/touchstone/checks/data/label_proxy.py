"""Check ``data.label_proxy``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.doubt import more
from touchstone.checks.words import counted, listed, percent, things
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.interval import Interval
from touchstone.dataset.inputs import Texts
from touchstone.dataset.model import UNLABELLED, Examples
from touchstone.dataset.trivial import Kind, Trivial, trivial_view
from touchstone.evaluate.give_away import GiveAway, give_away, null_of_the_best
from touchstone.evaluate.repeated_marks import Mark, find_marks
from touchstone.evaluate.telling_tokens import Token, is_named_after, telling_tokens
from touchstone.stats.decide import ALPHA
from touchstone.stats.intervals import clopper_pearson, lower_bound
from touchstone.stats.permutation import p_value

_MOST, _MOST_TEXTS = 2000, 10_000
_SHOWN = 1000
"""Examples that a finding lists."""


@dataclass(frozen=True)
class _Proxy:
    """Something trivial that tells the label."""

    name: str
    said: str
    value: float
    interval: Interval | None
    threshold: float
    examples: tuple[str, ...] = ()


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
    are sought in 64 blocks of fine structure, and count where no other place is nearly as telling (else it is the
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
        view = trivial_view(examples)
        labels, k = examples.labels, len(classes)
        ceiling = _probe_accuracy(context)
        tried = [(one, made) for one in view.properties if (made := give_away(one.values, labels, k)) is not None]
        found = self._properties(tried, examples, classes, ceiling, context.seed)
        names = [one.name for one, _ in tried]
        if view.blocks is not None:
            marks = [mark for mark in find_marks(view.blocks, labels, k) if self._is_mark(mark)]
            first = {mark.klass: mark for mark in reversed(marks)}
            found += [self._mark(mark, classes, examples) for mark in first.values()]
            names.append("signs that stand at one place")
        if isinstance(examples.inputs, Texts):
            found += self._words(context, classes)
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

    def _properties(
        self, tried: list[tuple[Trivial, GiveAway]], examples: Examples, classes: tuple[str, ...],
        ceiling: float | None, seed: int,
    ) -> list[_Proxy]:  # fmt: skip
        if not tried:
            return []
        null = null_of_the_best([made for _, made in tried], examples.labels, len(classes), seed=seed)
        found = []
        for one, made in tried:
            if p_value(null, made.balanced_accuracy) > ALPHA[Severity.MAJOR]:
                continue
            proxy = (
                self._whole(one, made, classes, ceiling, examples)
                or self._one_class(one, made, classes, examples)
                or self._groups(one, made, classes, examples)
            )
            if proxy is not None:
                found.append(proxy)
        return found

    def _whole(
        self, one: Trivial, made: GiveAway, classes: tuple[str, ...], ceiling: float | None, examples: Examples
    ) -> _Proxy | None:
        """A property that tells the classes as a whole."""
        chance = 1 / len(classes)
        n, right = int(made.counts.sum()), made.balanced_accuracy
        spread = (
            3.3
            * float(np.sqrt(right * (1 - right) / n))
            * float(np.sqrt(n * chance / max(made.counts[made.counts > 0].min(), 1)))
        )
        top = max(ceiling if ceiling is not None else 1.0, 0.5 * (1 + chance))
        share = {"artefact": self.thresholds["artefact_of_probe"], "measure": self.thresholds["measure_of_probe"]}
        bound = self.thresholds["content"] if one.kind == "content" else chance + share[one.kind] * (top - chance)
        proven = right - (spread if one.kind != "content" else 0.0) > chance + 0.5 * (bound - chance)
        if right < bound or not proven:
            return None
        beside = f"; a probe of the content reaches {percent(ceiling)}" if ceiling is not None else ""
        return _Proxy(
            one.name, f"{_capital(one.name)} alone {_verb(one.name, 'name')} {percent(right)} of each class (guessing: {percent(chance)}{beside}): {_why(one)}",
            right, Interval(max(0.0, right - 0.6 * spread), min(1.0, right + 0.6 * spread)), bound,
            _shown(examples, made.predictions == examples.labels),
        )  # fmt: skip

    def _one_class(
        self, one: Trivial, made: GiveAway, classes: tuple[str, ...], examples: Examples
    ) -> _Proxy | None:  # fmt: skip
        """A property that tells one class from the rest."""
        if one.kind == "content":
            return None
        precision, recall = self.thresholds[f"{one.kind}_precision"], self.thresholds[f"{one.kind}_recall"]
        alpha = ALPHA[Severity.MAJOR] / len(classes)
        shares = made.counts / made.counts.sum()
        for k in np.argsort(-np.minimum(made.precision, made.recall), kind="stable"):
            hits, named = int(made.hits[k]), int(made.named[k])
            proven = lower_bound(hits, named, alpha) if named else 0.0
            sure = made.precision[k] >= precision and proven >= max(precision - 0.2, (1 + 2 * shares[k]) / 3)
            if made.recall[k] >= recall and sure and shares[k] <= 0.7:
                return _Proxy(
                    one.name,
                    f"{_capital(one.name)} alone {_verb(one.name, 'tell')} `{classes[k]}`: of the examples marked by it {percent(made.precision[k])} are of "
                    f"this class, {percent(made.recall[k])} of the class in all. {_capital(_why(one))}",
                    float(made.precision[k]), clopper_pearson(hits, named), precision,
                    _shown(examples, (made.predictions == k) & (examples.labels == k)),
                )  # fmt: skip
        return None

    def _groups(
        self, one: Trivial, made: GiveAway, classes: tuple[str, ...], examples: Examples
    ) -> _Proxy | None:  # fmt: skip
        """A property that halves the classes: JPEG quality 60 for two of them, 90 for the others."""
        if one.kind != "artefact":
            return None
        named = np.zeros((len(classes), len(classes)), dtype=np.int64)
        np.add.at(named, (examples.labels, made.predictions), 1)
        there = made.counts >= self.thresholds["least"]
        side = named.argmax(axis=1)
        sides = [list(np.flatnonzero(there & (side == name))) for name in np.unique(side[there])]
        shares = (named[np.arange(len(classes)), side] / np.maximum(made.counts, 1))[there]
        if len(sides) < 2 or there.sum() < (made.counts > 0).sum() or shares.min() < self.thresholds["group_share"]:
            return None
        said = " from ".join(listed([f"`{classes[k]}`" for k in group], 4) for group in sides[:4])
        right = side[examples.labels] == made.predictions
        return _Proxy(
            one.name,
            f"{_capital(one.name)} alone {_verb(one.name, 'tell')} {said} in {percent(float(shares.mean()))} of each class. {_capital(_why(one))}",
            float(shares.mean()), clopper_pearson(int(right.sum()), len(right)), self.thresholds["group_share"], _shown(examples, right),
        )  # fmt: skip

    def _is_mark(self, mark: Mark) -> bool:
        return (
            mark.auc >= self.thresholds["mark_auc"]
            and mark.repeated >= self.thresholds["mark_repeated"]
            and mark.repeated >= 3 * mark.elsewhere
            and (self._stands_out(mark) or self._is_stamp(mark))
        )

    def _stands_out(self, mark: Mark) -> bool:
        """Content that stands at fixed places, as digits do, tells the class from many blocks; a sign from one."""
        return mark.auc - 0.5 >= self.thresholds["mark_stands_out"] * (mark.next_auc - 0.5)

    def _is_stamp(self, mark: Mark) -> bool:
        """One block, and no other, that is the same in the pictures of the class and shows what others lack.

        The strokes of a digit repeat themselves at several places; a chart without a line at a place shows less there.
        """
        same = mark.auc >= self.thresholds["stamp_auc"] and mark.repeated >= self.thresholds["stamp_repeated"]
        return same and mark.added >= self.thresholds["stamp_added"] and mark.alike == 0

    def _mark(self, mark: Mark, classes: tuple[str, ...], examples: Examples) -> _Proxy:
        row, column = divmod(mark.block, 8)
        place = f"{('upper', 'middle', 'lower')[min(row // 3, 2)]} {('left', 'middle', 'right')[min(column // 3, 2)]}"
        members = np.flatnonzero(examples.labels == mark.klass)
        shown = members[np.argsort(-mark.scores[members], kind="stable")][:_SHOWN]
        rest = (
            f"where the rest of the picture reaches {mark.next_auc:.2f}"
            if self._stands_out(mark)
            else "and nothing else in the pictures repeats itself as it does"
        )
        return _Proxy(
            "a sign at one place",
            f"The same sign stands at one place ({place}) of the pictures of `{classes[mark.klass]}`: it makes up {percent(mark.repeated)} of the fine "
            f"structure there and tells the class with an area under the curve of {mark.auc:.2f}, {rest}.",
            mark.auc, None, self.thresholds["mark_auc"], tuple(examples.names[i] for i in shown),
        )  # fmt: skip

    def _words(self, context: Context, classes: tuple[str, ...]) -> list[_Proxy]:
        examples = _labelled(context, _MOST_TEXTS)
        assert isinstance(examples.inputs, Texts), "words stand in texts"
        best: dict[int, Token] = {}
        for token in telling_tokens(examples.inputs.texts, examples.labels, len(classes)):
            before = best.get(token.klass)
            if (before is None or token.recall > before.recall) and self._is_give_away(token, classes):
                best[token.klass] = token
        return [self._word(token, classes, examples) for token in best.values()]

    def _is_give_away(self, token: Token, classes: tuple[str, ...]) -> bool:
        sure = lower_bound(token.hits, token.holders, ALPHA[Severity.MAJOR] / len(classes))
        if token.precision < self.thresholds["word_precision"] or sure < self.thresholds["artefact_precision"]:
            return False
        # What a class is named after is its subject, however odd: `401k` in questions about `rollover_401k`.
        if any(is_named_after(classes[token.klass], word) for word in token.word.split()):
            return False
        return token.recall >= self.thresholds["odd_word_recall" if token.odd else "word_recall"] and self._is_put(
            token
        )

    def _is_put(self, token: Token) -> bool:
        """Whether a word was put into the texts: they close without it, and no neighbour or place of it is natural."""
        closes = token.closes / max(token.usual, 0.01)
        if token.where != "word":
            # few texts have another that ends as they do; a word that nearly all begin or end with is rarely theirs
            nearly_all = token.odd or token.recall >= self.thresholds["edge_recall"]
            if token.recall >= self.thresholds["edge_recall" if token.odd else "edge_always"]:
                return True
            return closes >= self.thresholds["edge_closes" if nearly_all else "edge_closes_rarer"]
        if token.fixed >= self.thresholds["word_fixed"]:
            return closes >= self.thresholds["edge_closes_rarer"]
        return token.neighbour <= self.thresholds["word_neighbour"] and closes >= self.thresholds["word_closes"]

    def _word(self, token: Token, classes: tuple[str, ...], examples: Examples) -> _Proxy:
        several = " " in token.word
        place = "stands" if token.where == "word" else f"{'are' if several else 'is'} the {token.where}"
        if several:
            words, of_them, without = "words", "them", "them"
        else:
            words, of_them, without = "word", "it", "it"
        return _Proxy(
            f"the {words} {token.word!r}",
            f"The {words} `{token.word}` {place} in {percent(token.recall)} of the texts of `{classes[token.klass]}`, and "
            f"{percent(token.precision)} of the texts with {of_them} are of that class, which read as naturally without {without}. "
            "A model need read nothing else.",
            token.recall, clopper_pearson(token.hits, token.counts),
            self.thresholds["odd_word_recall" if token.odd else "word_recall"],
            tuple(examples.names[i] for i in token.members[:_SHOWN]),
        )  # fmt: skip


_WHY: Mapping[Kind, str] = {
    "artefact": "the example itself shows nothing of the kind, so a model may learn this instead of the task.",
    "measure": "so much from a mere size suggests how the data were collected, not what they show.",
    "content": "one column that is right almost always is often filled in after the event.",
}
_WRITTEN = ("capitals and punctuation", "last sign")


def _why(one: Trivial) -> str:
    if one.name in _WRITTEN:
        return "so much from the way the texts are typed suggests how they were collected, not what they say."
    return _WHY[one.kind]


def _verb(name: str, verb: str) -> str:
    """The verb in the number of what a property is called."""
    several = " and " in name or name.endswith("tags") or name.startswith("which cells")
    return verb if several and not name.startswith("column ") else f"{verb}s"


def _shown(examples: Examples, chosen: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(examples.names[i] for i in np.flatnonzero(chosen)[:_SHOWN])


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]


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
