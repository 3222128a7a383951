from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.supply.papers_desk import NOWHERE, one
from tests.supply.small_models import COMMIT, OTHER_COMMIT, vetted, write_model
from tests.supply.test_integrity import FAULTS, list_sums, sign
from touchstone.checks.supply.integrity import Integrity
from touchstone.core.finding import Severity, Status
from touchstone.supply.outcome import Outcome


def test_passes_on_first_use_and_again(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    first, again = (one(Integrity(), vetted(folder, home)) for _ in range(2))
    assert first.status is again.status is Status.PASS
    assert first.statement == again.statement
    assert (
        first.statement.startswith("2 files, first seen here on ")
        and "a later change will be noticed" in first.statement
    )
    assert first.details["root"] == again.details["root"]
    assert {file["name"] for file in first.details["files"]} == {"config.json", "model.safetensors"}


@pytest.mark.parametrize("fault", FAULTS)
def test_trips_on_every_change_since_first_use(tmp_path: Path, fault: str) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    vetted(folder, home)
    FAULTS[fault](folder)
    found = one(Integrity(), vetted(folder, home))
    assert (found.status, found.severity) == (Status.FAIL, Severity.BLOCKER)
    assert [alarm["kind"] for alarm in found.details["alarms"]] == [fault]
    assert "--trust" in str(found.remedy)
    assert one(Integrity(), vetted(folder, home, trust=True)).status is Status.PASS
    assert one(Integrity(), vetted(folder, home)).status is Status.PASS


def test_trips_on_one_flipped_bit_in_the_weights(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    vetted(folder, home)
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-2] ^= 1
    (folder / "model.safetensors").write_bytes(data)
    assert one(Integrity(), vetted(folder, home)).status is Status.FAIL


def test_trips_on_a_moved_revision(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    vetted(folder, home, source="a/b", revision=COMMIT)
    found = one(Integrity(), vetted(folder, home, source="a/b", revision=OTHER_COMMIT))
    assert found.status is Status.FAIL
    assert OTHER_COMMIT in found.statement


def test_trips_on_a_list_that_does_not_agree_also_on_first_use(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    list_sums(folder)
    assert "SHA256SUMS agrees" in one(Integrity(), vetted(folder, tmp_path / "home")).statement
    FAULTS["changed"](folder)
    found = one(Integrity(), vetted(folder, tmp_path / "other-home"))
    assert found.status is Status.FAIL
    assert "config.json has other bytes" in found.statement
    assert one(Integrity(), vetted(folder, tmp_path / "other-home", trust=True)).status is Status.FAIL


def test_passes_with_a_trusted_signature_and_trips_on_a_wrong_one(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    sign(folder, home)
    assert "trusted key" in one(Integrity(), vetted(folder, home)).statement
    (folder / "model.sig").write_text("{}")
    found = one(Integrity(), vetted(folder, home))
    assert found.status is Status.FAIL
    assert found.n == 3


def test_trips_when_a_signature_is_taken_away(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    sign(folder, home)
    vetted(folder, home)
    (folder / "model.sig").unlink()
    assert "no longer signed" in one(Integrity(), vetted(folder, home)).statement


def test_is_inconclusive_on_a_signature_that_nobody_here_can_check(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    sign(folder, home, trusted=False)
    found = one(Integrity(), vetted(folder, home))
    assert (found.status, found.severity) == (Status.INCONCLUSIVE, Severity.BLOCKER)


def test_signing_a_pinned_model_is_no_alarm(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    vetted(folder, home)
    sign(folder, home)
    assert one(Integrity(), vetted(folder, home)).status is Status.PASS


def test_says_when_nothing_was_pinned_and_when_nothing_was_there(tmp_path: Path) -> None:
    refused = vetted(write_model(tmp_path / "m"), tmp_path / "home", outcome=Outcome.REFUSE)
    assert "nothing was pinned" in one(Integrity(), refused).statement
    assert one(Integrity(), NOWHERE).status is Status.INCONCLUSIVE
