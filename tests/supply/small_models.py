"""Small models for tests: real safetensors, real cards, and vetting without the readers of files."""

from __future__ import annotations

import json
import struct
from pathlib import Path

from touchstone.study.model import BaseModel, IntendedUse
from touchstone.supply import manifest as manifests
from touchstone.supply.outcome import FileReport, Outcome, VettedFile
from touchstone.supply.vet import Request, complete
from touchstone.supply.vetted import Vetted

COMMIT = "104342d2d3480b3e66203073dac24f4e2dbb4c41"
OTHER_COMMIT = "0" * 39 + "1"
CARD = """---
license: apache-2.0
library_name: transformers
---
# A small encoder

## Training data

Trained on 3,000 photographs of tools taken by the authors in 2024.

## Limitations

It confuses pliers with tongs and fails in the dark.
"""


def write_model(folder: Path, *, card: str | None = None, license: str | None = None, value: float = 0.5) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    header = json.dumps({"weight": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    (folder / "model.safetensors").write_bytes(
        struct.pack("<Q", len(header)) + header + struct.pack("<2f", value, -0.5)
    )
    config = {"model_type": "bert", "architectures": ["BertForSequenceClassification"], "hidden_size": 2}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    if card is not None:
        (folder / "README.md").write_text(card, encoding="utf-8")
    if license is not None:
        (folder / "LICENSE").write_text(license, encoding="utf-8")
    return folder


def report_of(folder: Path, outcome: Outcome = Outcome.ACCEPT) -> FileReport:
    entries = manifests.read(folder).files
    return FileReport(folder, tuple(VettedFile(e.name, e.size, e.sha256, "data", outcome) for e in entries))


def vetted(
    folder: Path,
    home: Path,
    use: IntendedUse = IntendedUse(),  # noqa: B008  (frozen)
    *,
    trust: bool = False,
    data_license: str | None = None,
    outcome: Outcome = Outcome.ACCEPT,
    **facts: str,
) -> Vetted:
    """A folder as :func:`touchstone.supply.vet.vet` sees it once its files were read."""
    model = BaseModel(folder.name, folder, **facts)
    seen = Vetted(
        folder.name, folder, model.source, model.publisher, model.revision, model.license, report_of(folder, outcome)
    )
    return complete(seen, Request(model, use, home, trust, data_license))


def known_text(id: str) -> str:
    from touchstone.supply.licences.recognition import TEXTS

    return (TEXTS / f"{id}.txt").read_text(encoding="utf-8")
