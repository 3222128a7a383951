"""A decided run becomes a Hugging Face folder; one that is not decided for it does not, unless that is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from tests.pipeline.small_run import ROOT, SLICES, evidence, finished
from touchstone.core.errors import InputError
from touchstone.pipeline import recording
from touchstone.pipeline.decisions import Person, sign
from touchstone.pipeline.handing_on import hand_on
from touchstone.registry import advisories
from touchstone.registry.book import Registry
from touchstone.registry.lineage import find
from touchstone.registry.log import events
from touchstone.registry.records import of_digest
from touchstone.registry.verify import verify


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(recording.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)


def signed(run: Path) -> Path:
    sign(run, Person("owner", "looked at every page", "bob"), "approve")
    return run


def test_a_shipped_run_becomes_a_folder_whose_card_round_trips(tmp_path: Path) -> None:
    run = signed(finished(tmp_path / "s"))
    (tmp_path / "s" / "base" / "LICENSE.txt").write_text("MIT, as it is")
    made = hand_on(run, tmp_path / "out")
    assert made.files == ("EVIDENCE.md", "NOTICE.md", "README.md", "base-LICENSE.txt", "config.json")
    card = ModelCard.load(tmp_path / "out" / "README.md")
    card.save(tmp_path / "again.md")
    assert ModelCard.load(tmp_path / "again.md").data.to_dict() == card.data.to_dict()
    assert "verdict-ship" in card.data.tags
    assert "report.html" not in card.text
    assert "base-LICENSE.txt" in (tmp_path / "out" / "NOTICE.md").read_text()
    assert "acme" in (tmp_path / "out" / "NOTICE.md").read_text()
    assert evidence(run)["study"]["digest"] in (tmp_path / "out" / "EVIDENCE.md").read_text()
    with Registry.open(recording.place()) as book, book.reading() as session:
        assert events(session)[-1].action == "hand on"
        assert verify(book).whole


def test_what_is_held_is_handed_on_only_where_that_is_said_and_its_card_tells(tmp_path: Path) -> None:
    run = finished(tmp_path / "s", failed=[SLICES])
    with pytest.raises(InputError, match=r"the verdict is hold because of .*--anyway"):
        hand_on(run, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    made = hand_on(run, tmp_path / "out", anyway=True)
    assert made.against
    for page in ("README.md", "EVIDENCE.md"):
        assert "Handed on although the verdict is hold" in (tmp_path / "out" / page).read_text()


def test_an_advisory_stands_against_it_until_somebody_signs_again(tmp_path: Path) -> None:
    run = signed(finished(tmp_path / "s", use="research"))
    hand_on(run, tmp_path / "before")
    with Registry.open(recording.place()) as book, book.writing() as writer:
        base = find(writer.session, of_digest("model", ROOT))
        made = advisories.Advisory("TS-1", "vulnerability", "blocker", "a trigger was found")
        advisories.advise(writer, made, [base], "ann", "steward")
    with pytest.raises(InputError, match="TS-1"):
        hand_on(run, tmp_path / "out")
    hand_on(signed(run), tmp_path / "out")


def test_a_model_that_was_changed_is_not_handed_on_at_all(tmp_path: Path) -> None:
    run = signed(finished(tmp_path / "s"))
    (run / "model" / "config.json").write_text('{"a": 1}')
    with pytest.raises(InputError, match="not the one that was measured"):
        hand_on(run, tmp_path / "out", anyway=True)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    run = signed(finished(tmp_path / "s"))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="is there already"):
        hand_on(run, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]
