"""The catalogue names every check of the contract, once."""

from touchstone.core import catalogue
from touchstone.core.finding import Severity

GROUPS = {"supply": 6, "data": 11, "base": 2, "adapt": 5, "compare": 4, "evaluate": 11, "cost": 1, "govern": 2}


def test_the_catalogue_has_the_contracts_rows() -> None:
    rows = list(catalogue.BUILT_IN)
    assert len({row.id for row in rows}) == len(rows) == sum(GROUPS.values())
    for group, count in GROUPS.items():
        assert sum(row.group == group for row in rows) == count, group


def test_every_measured_check_can_be_loaded_and_knows_its_id() -> None:
    for row in catalogue.rows().values():
        if row.measured:
            check = row.load()
            assert check.id == row.id
            assert check.severity is row.severity


def test_severities_follow_the_contract() -> None:
    blockers = {row.id for row in catalogue.BUILT_IN if row.severity is Severity.BLOCKER}
    assert blockers == {"supply.files", "supply.integrity", "supply.license", "supply.backdoor", "compare.majority",
                        "compare.scratch", "evaluate.requirements", "govern.signoff"}  # fmt: skip
