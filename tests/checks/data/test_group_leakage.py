from dataclasses import replace

import numpy as np
import pytest

from tests.checks.data.probing import asked, desk
from tests.checks.desk import Desk, dataset, readable, study, texts
from touchstone.checks.data.group_leakage import GroupLeakage
from touchstone.core.finding import Finding, Severity, Status
from touchstone.dataset.implied_groups import implied_groups
from touchstone.dataset.model import Examples
from touchstone.study.model import Columns

STUDY = study(columns=Columns(group="patient"))


def people(n: int, prefix: str, first: int, size: int = 4) -> Examples:
    """``n`` examples of patients ``first``, ``first`` + 1, ..., ``size`` of each."""
    return texts(np.arange(n) % 2, prefix, groups=tuple(f"p{first + i // size}" for i in range(n)))


def by_subject(desk: Desk) -> dict[str, Finding]:
    found = {finding.subject: finding for finding in GroupLeakage().run(desk)}
    for finding in found.values():
        readable(finding)
    return found


# The weakest fault that must trip: one patient with one image on the other side.
@pytest.mark.parametrize("first", [0, 20, 24])
def test_trips_on_groups_shared_between_given_splits(first: int) -> None:
    finding = by_subject(Desk(STUDY, dataset(people(100, "a", 0), people(40, "b", first), given=True)))["train~test"]
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.BLOCKER)
    assert "patient" in finding.statement


def test_trips_on_a_single_shared_example() -> None:
    test = people(40, "b", 50)
    test = replace(test, groups=("p3", *(test.groups or ())[1:]))
    finding = by_subject(Desk(STUDY, dataset(people(100, "a", 0), test, given=True)))["train~test"]
    assert finding.status is Status.FAIL
    assert finding.details["examples"] == ["b0"]
    assert finding.details["shared_groups"] == ["p3"]


@pytest.mark.parametrize("given", [True, False])
def test_stays_silent_where_groups_are_apart(given: bool) -> None:
    found = by_subject(Desk(STUDY, dataset(people(100, "a", 0), people(40, "b", 25), people(20, "v", 60), given=given)))
    assert {finding.status for finding in found.values()} == {Status.PASS}
    assert "train~test" in found and "train~validation" in found


def test_validation_made_from_training_data_is_held_against_the_test_set_as_well() -> None:
    desk = Desk(STUDY, dataset(people(100, "a", 0), people(40, "b", 60), people(20, "v", 60), given=False))
    assert by_subject(desk)["train~test"].status is Status.FAIL


def test_a_shared_group_with_validation_is_major_at_most() -> None:
    desk = Desk(STUDY, dataset(people(100, "a", 0), people(40, "b", 60), people(20, "v", 0), given=True))
    found = by_subject(desk)
    assert (found["train~validation"].status, found["train~validation"].severity) == (Status.FAIL, Severity.MAJOR)
    assert found["train~test"].status is Status.PASS


def test_an_overlap_that_was_left_out_is_mended() -> None:
    given = dataset(people(100, "a", 0), people(40, "b", 20), given=True)
    mended = replace(given, test=given.test.take(range(20, 40)))
    finding = by_subject(Desk(STUDY, mended))["train~test"]
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MINOR)
    assert finding.details["severity_unmended"] == "blocker"
    assert "20 remain" in finding.statement


def test_does_not_apply_where_no_group_is_declared() -> None:
    found = by_subject(Desk(study(), dataset(texts([0, 1] * 20), texts([0, 1], "b"))))
    assert {finding.status for finding in found.values()} == {Status.NOT_APPLICABLE}


def test_missing_groups_are_no_group() -> None:
    train = texts([0, 1] * 4, groups=("",) * 8)
    test = texts([0, 1], "b", groups=("", ""))
    assert by_subject(Desk(STUDY, dataset(train, test, given=True)))["train~test"].status is Status.PASS


def coined(number: int) -> str:
    """A word of which no part tells anything about another."""
    return "".join(np.random.default_rng(number).choice(list("bcdfghjklmnpqrstvz"), 8))


def undeclared(
    n: int, size: int, own: float, *, seed: int = 0, column: str = "case", as_files: bool = False, harmful: bool = True
) -> Finding:
    """Texts of ``n`` authors, ``size`` of each; of an author's words this share is his own, and so is his label.

    Half of every author's texts are tested on. The twin that is not ``harmful`` has the words and labels mixed.
    """
    rng = np.random.default_rng(seed)
    author = np.repeat(np.arange(n), size)
    told, words = rng.integers(2, size=n)[author], []
    for who, label in zip(author, told, strict=True):
        usual = rng.choice([coined(10**6 + label), *(f"w{i}" for i in range(30))], 12)
        usual[rng.random(12) < own] = coined(who)
        words.append(" ".join([*usual, f"n{rng.integers(10**9)}"]))
    if not harmful:
        author = rng.permutation(author)
    half = np.arange(n * size) % 2 == 0
    names = [f"x/p{who}_{i}.txt" if as_files else str(i) for i, who in enumerate(author)]

    def side(rows: np.ndarray) -> Examples:
        cells = {} if as_files else {column: tuple(f"k{who}" for who in author[rows])}
        some = texts(told[rows], words=[words[i] for i in rows], names=tuple(names[i] for i in rows))
        return replace(some, columns=cells)

    found = desk(side(np.flatnonzero(half)), test=side(np.flatnonzero(~half)))
    return next(finding for finding in asked(GroupLeakage(), found) if finding.subject == "train~test")


@pytest.mark.parametrize("own", [0.2, 0.5])
@pytest.mark.parametrize("as_files", [False, True])
def test_a_group_that_nobody_declared_trips_where_it_does_harm(own: float, as_files: bool) -> None:
    finding = undeclared(100, 8, own, as_files=as_files)
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MAJOR)
    assert finding.details["harm"] >= 0.03 and finding.details["examples"]
    assert ("file names" if as_files else "`case`") in finding.statement


def test_groups_that_do_no_harm_never_trip() -> None:
    statuses = [undeclared(60, 8, 0.4, seed=seed, harmful=False).status for seed in range(20)]
    assert Status.FAIL not in statuses


@pytest.mark.parametrize(("n", "size"), [(5, 8), (400, 1), (3, 200)])
def test_few_values_single_ones_and_kinds_are_no_groups(n: int, size: int) -> None:
    finding = undeclared(n, size, 0.5)
    assert finding.status is Status.NOT_APPLICABLE and finding.details["asked"] == []


def test_a_column_of_a_table_is_what_a_model_learns_from_unless_it_names_somebody() -> None:
    rows = texts(np.arange(100) % 2, columns={"age": tuple(str(i // 4) for i in range(100))})
    table = replace(rows, task="tabular-classification")
    assert implied_groups(table, table) == []
    named = replace(table, columns={"patient_id": table.columns["age"]})
    assert [one.column for one in implied_groups(named, named)] == ["patient_id"]


def test_what_names_a_class_or_a_kind_of_it_is_no_group() -> None:
    """Twenty kinds of fruit in four classes, the kind in the file name; and patients, of whom each has one label."""
    kinds = np.repeat(np.arange(20), 12)
    files = tuple(f"kind{kind}_{i}.jpg" for i, kind in enumerate(kinds))
    some = texts(kinds // 5, names=files)
    assert implied_groups(some, some) == []
    patients = np.repeat(np.arange(60), 4)
    told = texts(patients % 2, names=tuple(f"p{who}_{i}.jpg" for i, who in enumerate(patients)))
    assert implied_groups(told, told)
