import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.checks.desk import Desk, candidate, dataset, likely, near, readable, study, texts
from touchstone.checks.data.leakage import Leakage
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.recipe import Recipe
from touchstone.dataset.duplicates import Near
from touchstone.dataset.inputs import Pictures
from touchstone.dataset.model import Dataset, Examples
from touchstone.dataset.near_pictures import WAYS, near_prints
from touchstone.dataset.picture import fingerprint

NAMES = ("cat", "dog", "river", "engine", "market", "garden", "letter", "window", "teacher", "bottle")


def sentence(i: int) -> str:
    rng = np.random.default_rng(i)
    return " ".join(f"{NAMES[k]}{rng.integers(1000)}" for k in rng.permutation(10)[:8])


TRAIN = [sentence(i) for i in range(300)]
FRESH = [sentence(1000 + i) for i in range(400)]


def leaky(copies: int, n_test: int = 400) -> Dataset:
    words = TRAIN[:copies] + FRESH[: n_test - copies]
    return dataset(texts(np.arange(300) % 2, "a", TRAIN), texts(np.arange(n_test) % 2, "b", words), given=True)


def of(data: Dataset, subject: str = "train~test", **desk: Any) -> Finding:
    finding = {one.subject: one for one in Leakage().run(Desk(study(), data, **desk))}[subject]
    readable(finding)
    return finding


def left_out(data: Dataset, copies: int) -> Dataset:
    return replace(data, test=data.test.take(range(copies, len(data.test))), left_out=data.test.take(range(copies)))


def test_stays_silent_on_clean_splits() -> None:
    finding = of(leaky(0))
    assert (finding.status, finding.severity) == (Status.PASS, Severity.MAJOR)
    assert finding.interval is not None and finding.interval.high < 0.01
    assert any("re-cased" in said for said in finding.details["sensitivity"])


# The weakest fault that must trip is one copy.
@pytest.mark.parametrize(
    ("copies", "severity"), [(1, Severity.MAJOR), (3, Severity.MAJOR), (4, Severity.BLOCKER), (100, Severity.BLOCKER)]
)
def test_trips_on_exact_copies_and_blocks_from_one_percent(copies: int, severity: Severity) -> None:
    finding = of(leaky(copies))
    assert (finding.status, finding.severity) == (Status.FAIL, severity)
    assert finding.details["pairs"][0] == ["a0", "b0", "exact", 1.0]
    assert finding.value == pytest.approx(copies / 400)


@pytest.mark.parametrize(("copies", "severity"), [(1, "major"), (100, "blocker")])
def test_copies_that_were_left_out_are_mended(copies: int, severity: str) -> None:
    finding = of(left_out(leaky(copies), copies))
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MINOR)
    assert finding.details["severity_unmended"] == severity
    assert f"{400 - copies} texts remain" in finding.statement


@pytest.mark.parametrize(("copies", "severity"), [(1, Severity.MAJOR), (100, Severity.BLOCKER)])
def test_an_audit_mends_nothing_by_leaving_copies_out(copies: int, severity: Severity) -> None:
    finding = of(replace(left_out(leaky(copies), copies), audited=True))
    assert (finding.status, finding.severity) == (Status.FAIL, severity)
    assert "left out" not in finding.statement and "leave the" in str(finding.remedy)


def test_the_statement_tells_the_corrected_score_where_it_is_known() -> None:
    data = left_out(leaky(100), 100)
    labels = {"test": np.arange(300) % 2, "left_out": np.arange(100) % 2}
    model = candidate("tuned", seeds=1)
    made = {
        (model.subject, "test"): likely(labels["test"], np.arange(300) % 10 < 7)[None],
        (model.subject, "left_out"): likely(labels["left_out"], np.ones(100))[None],
    }
    finding = of(data, candidates=[model], chosen_subject=model.subject, predictions=made, opened=labels)
    assert "from 0.775 to 0.700" in finding.statement
    assert finding.details["accuracy_moved_by"] == pytest.approx(0.075)


def test_near_copies_count_when_verified() -> None:
    data = replace(leaky(0), near=(near(TRAIN[7], FRESH[5]),))
    finding = of(data)
    assert (finding.status, finding.details["by_kind"]) == (Status.FAIL, {"near": 1})


def test_a_test_set_made_here_with_copies_together_passes() -> None:
    data = dataset(texts(np.arange(300) % 2, "a", TRAIN), texts(np.arange(60) % 2, "b", FRESH[:60]))
    finding = of(data)
    assert finding.status is Status.PASS and "made here" in finding.statement


def test_what_stands_in_shift_sets_and_validation_is_told_but_never_blocks() -> None:
    shift = texts(np.arange(50) % 2, "s", TRAIN[:50])
    validation = texts(np.arange(50) % 2, "v", TRAIN[50:100])
    data = dataset(
        texts(np.arange(300) % 2, "a", TRAIN),
        texts(np.arange(60) % 2, "b", FRESH[:60]),
        validation,
        given=True,
        shift={"later": shift},
    )
    for subject in ("train~later", "train~validation"):
        finding = of(data, subject)
        assert (finding.status, finding.severity) == (Status.FAIL, Severity.MAJOR)
    assert of(data, "validation~test").status is Status.PASS


def test_is_inconclusive_where_planted_copies_are_not_found() -> None:
    short = [f"{a}{b}" for a in "abcdefghij" for b in "klmnopqrst"]  # two letters: any punctuation makes another text
    data = dataset(texts(np.arange(60) % 2, "a", short[:60]), texts(np.arange(40) % 2, "b", short[60:]), given=True)
    finding = of(data)
    assert finding.status is Status.INCONCLUSIVE and "weak" in finding.statement


class _Drawn:
    """Pictures that are drawn, not read."""

    def __init__(self, pictures: list[Image.Image]) -> None:
        self.pictures = pictures

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Image.Image:
        return self.pictures[index]

    def take(self, indices: Any) -> "_Drawn":
        return _Drawn([self.pictures[int(i)] for i in indices])


def picture(i: int) -> Image.Image:
    rng = np.random.default_rng(i)
    coarse = Image.fromarray(rng.integers(0, 255, (6, 6, 3), dtype=np.uint8))
    return coarse.resize((96, 96), Image.Resampling.BICUBIC)


def pictures(drawn: list[Image.Image], prefix: str) -> Examples:
    prints = [fingerprint(one) for one in drawn]
    return Examples(
        "image-classification", tuple(f"{prefix}{i}" for i in range(len(drawn))), _Drawn(drawn), np.arange(len(drawn)) % 2,
        tuple(one.digest for one in prints),
    )  # fmt: skip


def searched(train: Examples, test: Examples) -> tuple[Near, ...]:
    """Near copies as reading the data finds them."""
    both = [*train.inputs.pictures, *test.inputs.pictures]  # type: ignore[attr-defined]
    prints = [fingerprint(one) for one in both]
    pairs, unlike, ways = near_prints(prints)
    ids = [one.digest for one in prints]
    return tuple(
        Near(ids[a], ids[b], WAYS[way], 1 - float(u)) for (a, b), u, way in zip(pairs, unlike, ways, strict=True)
    )


def recompressed(one: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    one.save(buffer, "JPEG", quality=30)
    return Image.open(io.BytesIO(buffer.getvalue())).convert("RGB")


@pytest.mark.parametrize("change", ["half", "jpeg", "mirror", "bright"])
def test_trips_on_changed_copies_of_pictures(change: str) -> None:
    how = {
        "half": lambda one: one.resize((48, 48)), "jpeg": recompressed,
        "mirror": lambda one: one.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "bright": lambda one: one.point(lambda v: min(255, int(v * 1.1))),
    }[change]  # fmt: skip
    train = pictures([picture(i) for i in range(80)], "a")
    test = pictures([how(picture(i)) for i in range(8)] + [picture(500 + i) for i in range(40)], "b")
    data = dataset(train, test, given=True, near=searched(train, test))
    finding = of(data, seed=1)
    assert finding.status is Status.FAIL
    assert len(finding.details["examples"]) >= 7
    assert set(finding.details["examples"]) <= {f"b{i}" for i in range(8)}


def test_clean_pictures_pass_with_their_sensitivity_told() -> None:
    train, test = pictures([picture(i) for i in range(80)], "a"), pictures([picture(500 + i) for i in range(40)], "b")
    finding = of(dataset(train, test, given=True, near=searched(train, test)))
    assert finding.status is Status.PASS
    assert "it finds pictures at half size" in finding.statement
    assert "cropped pictures: 10/10" in " ".join(finding.details["sensitivity"])


def test_reads_real_inputs_lazily() -> None:
    assert hasattr(Pictures, "take")


@pytest.mark.parametrize(("made", "severity"), [(frozenset({"test"}), Severity.MAJOR), (frozenset(), Severity.INFO)])
def test_what_a_model_from_elsewhere_was_trained_on_is_never_taken_for_known(
    made: frozenset[str], severity: Severity
) -> None:
    data = replace(leaky(0), made_here=made)
    for recipe, told in ((None, 1), (Recipe("top-1"), 0)):
        model = candidate("adapted", recipe=recipe)
        at = Desk(study(), data, candidates=[model], chosen_subject=model.subject)
        found = [one for one in Leakage().run(at) if one.subject == model.subject]
        assert len(found) == told
        assert all((one.status, one.severity) == (Status.INCONCLUSIVE, severity) for one in found)
