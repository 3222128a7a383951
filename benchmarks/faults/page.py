"""docs/faults.md, from grades."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.faults.counts import Counted
from benchmarks.faults.family import STRENGTHS, Family
from benchmarks.faults.grading import Grade

HEAD = """\
# How often the checks are right

Written by `python -m benchmarks.faults --write`; not edited by hand. Every family plants one kind of fault, in three strengths that
were written down before; beside each stand a clean twin and data that look like the fault and are none. Data are made by a generator,
or are scikit-learn's digits with the two small base models that come with the package. Each study is written to disk, read and asked as
a user's would be (audited, vetted, ranked, run or assessed), and only what the named check says is counted.

- *Found* is strict: `inconclusive` on a planted fault is a miss. *Alarms* are studies without a fault of which the check said `fail`.
- Beside each count stands the 95 % interval of Clopper and Pearson. To show 95 % found takes 59 studies without a miss, to show 2 %
  alarms 149 without one; {n} studies each show gross faults of a check, not its last percent.
- Strengths of faults in finished models (points of accuracy, of confidence, of recall) are measured out on digits that the study does
  not see. Faults of training are stated as settings (how many times too hot a rate, how many labels wrong): what they do is left to
  chance, and some of them do no harm. One study may serve several families, or hold faults of several strengths.
- The thresholds of near copies of pictures were chosen with a look at trashnet, blood cells, malaria cells, omniglot and scikit-learn's
  digits, those of texts with a look at banking77, clinc, airline tweets and tweets in four languages. What this benchmark showed and was
  mended since: false alarms on messages of one template, on texts that differ in a number, and on a card that tells its limits in one plain
  sentence; a heat sign on fair recipes that began from a fitted head; seeds that differ wildly, which were called doubtful, by `adapt.stability`
  always and by `adapt.forgetting` where each of them is worse. Those lines and copies of digits are development; all others were only graded.
- Families are counted one by one: the last column names the commit that a line is about.
"""
MISSES = """\
## What is missed

Every line above that is not whole is a miss of ours. Known beside them, from copies planted in real pictures (300 each, docs/audit.md
has the table): of cells of 50 pixels a tenth, mostly crops and copies with a frame, of faces of 25 pixels a third, of eight-pixel digits half;
rewordings are not found at all; edits of two words in texts of under nine words are found in half of the cases where texts are diverse, and
hardly where many people ask the same (docs/audit.md has that by length too).
Wrong labels are not told where no case is plain: on outcomes that chance decides (reoffending, the weather of an hour) the answer is
`inconclusive`, with or without planted noise.
Two ones that are both a plain upright stroke are taken for near copies in some draws of the digits that look alike.

Of whole studies, with 120 digits to learn from, 600 to test on and three seeds, some weak faults are beyond what can be told, and the
answer is `inconclusive`: fine-tuning that loses 3 points (10 times too hot), seeds that lie up to 10 points apart (30 times too hot),
a tenth of the labels learnt by heart with 24 validation digits, a base 3 points behind training from scratch, a bound or a recall that
is missed by little. Clean studies of this size often stay open too, which is no alarm: a fair recipe is neither shown to lose a point nor
not to, and a good model makes too few errors to compare cameras by. What `adapt.overfitting` says against a fair recipe is counted as an
alarm, and is true of that training: it came out with more than twice the frozen probe's log-loss on new digits, and gained nothing.
Other tools run beside the searches of copies and wrong labels by `python -m benchmarks.data_search`: see docs/performance.md.
"""


def page(counted: Mapping[str, Counted], families: Mapping[str, Family]) -> str:
    """The document."""
    sizes = sorted({one.n for each in counted.values() for one in each.grades})
    found = [
        HEAD.format(n=" or ".join(map(str, sizes))),
        "## Found\n",
        *_table(counted, families, True),
        "\n## False alarms\n",
    ]
    found += [*_table(counted, families, False), "", _sums(counted), "", MISSES]
    return "\n".join(found)


def _table(counted: Mapping[str, Counted], families: Mapping[str, Family], planted: bool) -> list[str]:
    lines = ["| check | data | failed | interval | inconclusive | of |", "| --- | --- | --- | --- | --- | --- |"]
    for name, each in counted.items():
        for one in each.grades:
            if one.planted is planted:
                lines.append(
                    f"| `{one.check}` | {_words(families[name], one)} | {one.failed} of {one.n} | "
                    f"{one.ends[0]:.0%} to {one.ends[1]:.0%} | {one.doubtful} | {each.version} |"
                )
    return lines


def _words(family: Family, one: Grade) -> str:
    if one.kind in STRENGTHS:
        return f"{family.what}, {one.kind}: {family.says[one.kind]}"
    return f"{family.what}: clean twin" if one.kind == "clean" else one.kind


def _sums(counted: Mapping[str, Counted]) -> str:
    every = [one for each in counted.values() for one in each.grades]
    parts = []
    for kind in (*STRENGTHS, "clean"):
        some = [one for one in every if one.kind == kind]
        parts.append(f"{kind} {sum(one.failed for one in some)} of {sum(one.n for one in some)}")
    hard = [one for one in every if not one.planted and one.kind != "clean"]
    parts.append(f"hard negatives {sum(one.failed for one in hard)} of {sum(one.n for one in hard)}")
    seconds = sum(one.seconds * one.n for one in every) / max(1, sum(one.n for one in every))
    return f"Together, `fail` on: {', '.join(parts)}. A study took {seconds:.1f} s on the average, reading included."
