"""Check ``data.duplicates``."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.words import counted, listed, percent, plural
from touchstone.core.finding import Finding, Severity, Status
from touchstone.dataset.duplicates import Near
from touchstone.dataset.model import UNLABELLED, Dataset, Examples
from touchstone.dataset.wording import normal_form

_Pair = tuple[str, str, str, float]


class Duplicates(Check):
    """Are examples repeated, or labelled two ways?

    **Question.** Does one split hold the same example more than once, and does the same input carry two different
    labels?

    **Method.** Exact copies by digest of the decoded pixels or of the normal form of the text; near copies
    (resized, recompressed, brightened, mirrored, cropped, turned slightly or by quarters; small changes of wording) are proposed by
    perceptual hashes, nearest neighbours or MinHash and count only when verified on the pictures or words themselves. Counted, so there is no error of
    estimation. A fail is minor; it is major when examples whose exact copy, or near copy beyond doubt (pictures of a likeness of
    0.998, texts of the same letters and figures), has another label make up 0.5 % of a split.
    Copies across splits are `data.leakage`.

    **Source.** Barz and Denzler (J. Imaging 2020); Broder (1997).

    **Cannot see.** Strong crops and turns, and rewordings; conflicting labels of other near copies are listed, not counted,
    because two different things may look alike; labels of the test set are sealed, so conflicts there are not
    looked for.
    """

    id: ClassVar[str] = "data.duplicates"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DATA})
    thresholds: ClassVar[Mapping[str, float]] = {
        "copies": 0,
        "major_from_conflicting_share": 0.005,
        "same_picture": 0.998,
    }

    def run(self, context: Context) -> Iterator[Finding]:
        for split, examples in context.data.given.items():
            yield self._judge(split, examples, context.data, context.study.task)

    def _judge(self, split: str, examples: Examples, data: Dataset, task: str) -> Finding:
        n = len(examples)
        if n == 0:
            return self.finding(split, Status.NOT_APPLICABLE, f"There is nothing in `{split}`.")
        exact, conflicting = _exact(examples)
        near = _near(examples, data.near)
        torn = _two_labels(examples, near)
        sure = self._beyond_doubt(examples, torn)
        conflicting |= {name for a, b, _, _ in sure for name in (a, b)}
        repeated = {b for _, b, _, _ in exact} | {b for _, b, _, _ in near}
        if not repeated:
            return self.finding(
                split, Status.PASS,
                f"No example of `{split}` was found twice among {counted(n, task)} (exact and verified near copies).",
                value=0.0, threshold=0.0, n=n, **_limits(data),
            )  # fmt: skip
        share, conflict_share = len(repeated) / n, len(conflicting) / n
        major = conflict_share >= self.thresholds["major_from_conflicting_share"] and bool(conflicting)
        return self.finding(
            split, Status.FAIL, _statement(split, n, task, exact, near, repeated, conflicting, len(torn) - len(sure)),
            severity=Severity.MAJOR if major else Severity.MINOR,
            value=share, threshold=0.0, n=n,
            remedy=("decide one label for each input that has two, and " if conflicting else "")
            + "keep one of each set of copies; all pairs stand in flagged.csv",
            pairs=[*conflicting_first(exact, conflicting), *_named(near, sure, torn)], examples=sorted(repeated),
            n_exact=len(exact), n_near=len(near), conflicting=sorted(conflicting), conflicting_share=conflict_share,
            near_with_two_labels=len(torn), near_beyond_doubt=len(sure), **_limits(data),
        )  # fmt: skip

    def _beyond_doubt(self, examples: Examples, pairs: list[_Pair]) -> list[_Pair]:
        """The near copies that are the same picture for certain, or the same letters and figures."""
        if examples.task == "image-classification":
            least = self.thresholds["same_picture"]
            return [pair for pair in pairs if pair[2] == "near" and pair[3] >= least]
        named = {name for pair in pairs for name in pair[:2]}
        letters = {name: _letters(examples.inputs[i]) for i, name in enumerate(examples.names) if name in named}
        return [pair for pair in pairs if letters[pair[0]] and letters[pair[0]] == letters[pair[1]]]


def _statement(
    split: str,
    n: int,
    task: str,
    exact: list[_Pair],
    near: list[_Pair],
    repeated: set[str],
    conflicting: set[str],
    doubtful: int,
) -> str:
    told = (
        f"{len(repeated):,} of {counted(n, task)} of `{split}` ({percent(len(repeated) / n)}) repeat another one: "
        f"{plural(len(exact), 'exact copy', 'exact copies')}, "
        f"{plural(len(near), 'pair', 'pairs')} of near copies. They count double in training and scores."
    )
    if conflicting:
        told += (
            f" {counted(len(conflicting), task)} ({percent(len(conflicting) / n)}) carry a label that the same input elsewhere contradicts, "
            f"such as {listed(sorted(conflicting), 2)}: no model can be right on both."
        )
    if doubtful:
        told += f" {plural(doubtful, 'pair', 'pairs')} of near copies {'carries' if doubtful == 1 else 'carry'} two labels; look at them."
    return told


def _exact(examples: Examples) -> tuple[list[_Pair], set[str]]:
    """Every repetition with the first of its kind, and the names of examples whose digest has two labels."""
    first: dict[str, int] = {}
    labels: dict[str, set[int]] = defaultdict(set)
    pairs: list[_Pair] = []
    for i, digest in enumerate(examples.digests):
        if (label := int(examples.labels[i])) != UNLABELLED:
            labels[digest].add(label)
        if digest in first:
            pairs.append((examples.names[first[digest]], examples.names[i], "exact", 1.0))
        else:
            first[digest] = i
    torn = {digest for digest, kinds in labels.items() if len(kinds) > 1}
    return pairs, {name for name, digest in zip(examples.names, examples.digests, strict=True) if digest in torn}


def conflicting_first(pairs: list[_Pair], conflicting: set[str]) -> list[_Pair]:
    """The same pairs, those with two labels first and named ``two_labels``."""
    torn = [(a, b, "two_labels", score) for a, b, _, score in pairs if a in conflicting and b in conflicting]
    return torn + [pair for pair in pairs if not (pair[0] in conflicting and pair[1] in conflicting)]


def _near(examples: Examples, near: tuple[Near, ...]) -> list[_Pair]:
    """Near copies of which both stand in this split, once for each pair of contents, in the split's order."""
    first: dict[str, int] = {}
    for i, digest in enumerate(examples.digests):
        first.setdefault(digest, i)
    found = []
    for pair in near:
        if pair.a in first and pair.b in first:
            a, b = sorted((first[pair.a], first[pair.b]))
            found.append((a, b, pair.kind, pair.score))
    return [(examples.names[a], examples.names[b], kind, score) for a, b, kind, score in sorted(found)]


def _two_labels(examples: Examples, near: list[_Pair]) -> list[_Pair]:
    label = dict(zip(examples.names, examples.labels.tolist(), strict=True))
    return [
        pair for pair in near if label[pair[0]] != label[pair[1]] and UNLABELLED not in (label[pair[0]], label[pair[1]])
    ]


def _named(near: list[_Pair], sure: list[_Pair], torn: list[_Pair]) -> list[_Pair]:
    """The same pairs, those with two labels first: ``two_labels`` where beyond doubt, else ``near_two_labels``."""
    certain, named = set(sure), set(torn)
    return [
        *((a, b, "two_labels", score) for a, b, _, score in sure),
        *((a, b, "near_two_labels", score) for a, b, _, score in (pair for pair in torn if pair not in certain)),
        *(pair for pair in near if pair not in named),
    ]


def _letters(text: str) -> str:
    """A text without case, punctuation and spaces; marks within a figure stay (3.5 is not 35)."""
    kept = re.sub(r"(?<=\d)[.,:/-](?=\d)", "\x1f", normal_form(text))
    return "".join(c for c in kept if c == "\x1f" or unicodedata.category(c)[0] not in "PZC")


def _limits(data: Dataset) -> dict[str, Any]:
    return {"limits": [said for said in data.guesses if "copies" in said]}
