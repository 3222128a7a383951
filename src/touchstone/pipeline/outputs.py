"""The output folder: every file whole or not at all, evidence.json last, since it marks a run as finished."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.core import atomic, digest
from touchstone.core.errors import ReloadError
from touchstone.core.evidence import Evidence
from touchstone.core.measures import Latency
from touchstone.pipeline.contender import Contender
from touchstone.pipeline.result import Result

if TYPE_CHECKING:
    from touchstone.pipeline.arena import Arena
    from touchstone.pipeline.run import Run
    from touchstone.report.gallery import Gallery

PROVEN_ON = 64
"""Examples on which the exported model must repeat itself in a fresh process."""
MEASURED_WITHIN = 0.1
"""Features are kept in half precision, and bfloat16 where the processor has it; a probability moves less than this."""
CALLS, CALLS_FOR_A_BOUND = 400, 1000
"""Single calls that are timed, and how many where the study bounds their latency."""
GALLERY = "cache/gallery.json"


class Outputs:
    """Writes what a run leaves behind; without a folder it only makes the result."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._model: Path | None = None
        self.model_path: str | None = None
        self.model_digest: str | None = None

    def export(self, arena: Arena, chosen: Contender) -> None:
        """Write ``model/`` and prove, in a fresh process with transformers alone, that it repeats the predictions."""
        from touchstone.nn.export import export, reload_proof
        from touchstone.nn.predictor import Predictor

        assert self.folder is not None, "only a run with a folder exports a model"
        folder = self.folder / "model"
        with arena.bench.journal.stage("export", "exporting the model and proving that it reloads"):
            export(build(arena, chosen), arena.base, folder, arena.data.classes)
            some = arena.data.test.take(range(min(PROVEN_ON, len(arena.data.test))))
            exported = Predictor.load(folder).probabilities([some.inputs[i] for i in range(len(some))])
            _agree(chosen.shipped["test"][: len(some)], exported)
            reload_proof(folder, some, exported, arena.data.task)
        self.adopt(folder, "model/")

    def adopt(self, model: Path, written: str) -> None:
        """Remember which model the evidence is about."""
        self._model, self.model_path, self.model_digest = model, written, folder_digest(model)

    @property
    def size_mb(self) -> float:
        """Of the weights of the model that the evidence is about; of all its files where these are of another kind."""
        assert self._model is not None, "a model is exported or adopted before it is weighed"
        files = [path for path in self._model.iterdir() if path.is_file()]
        weights = [path for path in files if path.suffix == ".safetensors"]
        return sum(path.stat().st_size for path in weights or files) / 1e6

    def latency(self, arena: Arena) -> Latency:
        """Time single calls of the exported model, once a run."""
        from touchstone.nn.latency import measure

        model = self._model
        assert model is not None, "a model is exported or adopted before it is timed"

        def make(folder: Path) -> None:
            bound = any(asked.metric.startswith("latency") for asked in arena.bench.study.require)
            times = measure(model, arena.data.test, n=CALLS_FOR_A_BOUND if bound else CALLS)
            plain = {**asdict(times), "milliseconds": [float(value) for value in times.milliseconds]}
            (folder / "latency.json").write_text(json.dumps(plain))

        arena.bench.progress.say("timing single calls")
        piece = arena.bench.pieces.get("latency", "latency", {"model": self.model_digest}, make)
        kept = json.loads((piece / "latency.json").read_text())
        import numpy as np

        return Latency(np.array(kept.pop("milliseconds")), **kept)

    def write(self, run: Run, evidence: Evidence, flagged: Sequence[Any]) -> Result:
        """Everything of section 4 of the contract that this run made."""
        if self.folder is None:
            return Result.of(evidence, None)
        from touchstone.pipeline.pictures import gallery
        from touchstone.report import tables
        from touchstone.report.gallery_file import to_json
        from touchstone.study.lock import lock_text

        with run.bench.journal.stage("report", "writing the report"):
            hung = gallery(run, evidence, flagged)
            pinned = digests(run)
            atomic.write_text(self.folder / "study.lock.yaml", lock_text(run.study, pinned))
            atomic.write_text(self.folder / GALLERY, to_json(hung))
            if run.context.data_or_none is not None:
                atomic.write_text(self.folder / "splits.csv", tables.splits(run.context.data.assignments))
            atomic.write_text(self.folder / "flagged.csv", tables.flagged(flagged))
            for name, text in _notices(run, evidence).items():
                atomic.write_text(self.folder / "notice" / name, text)
            atomic.write_text(self.folder / "cache" / "pending.json", evidence.as_json())
            pages(self.folder, json.loads(evidence.as_json()), hung, study_facts(run), pinned)
        run.bench.journal.note("finished")
        atomic.write_text(self.folder / "evidence.json", evidence.as_json())
        return Result.of(evidence, self.folder)


def _notices(run: Run, evidence: Evidence) -> Mapping[str, str]:
    """What the terms of the chosen base ask to ship with the model; empty where nothing is owed or nothing ships."""
    from touchstone.pipeline.vetting import notices

    base = evidence.chosen.base if evidence.chosen else None
    found = next((seen for seen in run.context.vetted if seen.role == "base" and seen.written == base), None)
    return {} if found is None else notices(found)


def _agree(measured: Any, exported: Any) -> None:
    """What was measured, from cached half-precision features, must be what the exported model says.

    Raises
    ------
    ReloadError
        where a probability differs by more than rounding explains
    """
    worst = float(abs(measured - exported).max())
    if worst > MEASURED_WITHIN:
        raise ReloadError(f"the exported model differs from what was measured by up to {worst:.3f} in a probability")


def folder_digest(folder: Path) -> str:
    """Digest of the files of a folder, by name."""
    return digest.of_data({path.name: digest.of_file(path) for path in sorted(folder.iterdir()) if path.is_file()})


def build(arena: Arena, chosen: Contender) -> Any:
    """The network of what ships: the base with the probe's head, or a finished training."""
    assert chosen.model is not None, "what ships has a folder"
    if chosen.candidate.recipe is not None:
        from touchstone.nn.train import load_tuned

        return load_tuned(arena.base, chosen.model)
    from touchstone.nn.families import classifier, set_head
    from touchstone.pipeline.contender import load_arrays

    arrays = load_arrays(chosen.model)
    depth = chosen.candidate.details.get("blocks_kept")
    model = classifier(arena.base, arena.data.classes, seed=arena.bench.seed, depth=depth)
    set_head(model, arrays["shipped_weight"], arrays["shipped_bias"])
    return model.eval()


def digests(run: Run) -> dict[str, Any]:
    """What the lock file pins: data, test set, bases, policy, exported model."""
    from touchstone.govern.policy import find_policy

    data = run.context.data_or_none
    return {
        "data": None if data is None else data.digest,
        "test": None if data is None else data.seal.digest,
        "bases": {base.written: base.digest for base in run.bases},
        "policy": find_policy(run.study.policy, run.study.folder).as_mapping(),
        "model": run.outputs.model_digest,
    }


def study_facts(run: Run) -> dict[str, Any]:
    """The study as plain data, for pages."""
    from touchstone.study.lock import to_mapping

    return to_mapping(run.study)


def pages(
    folder: Path, evidence: Mapping[str, Any], gallery: Any, study: Mapping[str, Any], pinned: Mapping[str, Any]
) -> list[Path]:
    """Write the pages that people read; ``pinned`` are the digests of the lock file."""
    from touchstone.report import bom, decision, html, model_card

    made = {
        "report.html": html.render(evidence, gallery, study),
        "model_card.md": model_card.render(evidence, gallery, study),
        "decision.md": decision.render(evidence, gallery, study),
        "decision.json": decision.render_json(evidence, gallery, study),
        "bom.json": bom.render(evidence, study, pinned),
    }
    for name, text in made.items():
        atomic.write_text(folder / name, text)
    return [folder / name for name in made]


def rewrite_pages(folder: Path) -> list[Path]:
    """The pages of a finished run again, from its evidence, lock file and gallery."""
    from touchstone.pipeline.finished import Finished

    run = Finished.read(folder)
    return pages(folder, run.evidence, hung(folder), run.study, run.digests)


def hung(folder: Path) -> Gallery:
    """The pictures' data of a finished run; an empty gallery where it was deleted."""
    from touchstone.report.gallery import Gallery
    from touchstone.report.gallery_file import from_json

    kept = folder / GALLERY
    return from_json(kept.read_text(encoding="utf-8")) if kept.is_file() else Gallery()


def today() -> str:
    """The date of a run, UTC."""
    return datetime.now(UTC).date().isoformat()
