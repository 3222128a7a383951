"""The same work for notebooks and scripts: a study that runs, and a result that shows itself as tables."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.core.progress import Progress, Silent
from touchstone.pipeline.result import Result as Record
from touchstone.study import model, parse

if TYPE_CHECKING:
    from touchstone.nn.predictor import Predictor


class Study(model.Study):
    """A plan: data, candidate base models, intended use, thresholds, budget.

    Examples
    --------
    >>> study = Study.from_yaml("study.yaml")  # doctest: +SKIP
    >>> result = study.run()  # doctest: +SKIP
    >>> result.verdict, result.findings.to_pandas()  # doctest: +SKIP
    """

    @classmethod
    def from_yaml(cls, path: str | Path) -> Study:
        """Read a study file; every fault in it is raised at once as a StudyError."""
        return cls._of(parse.parse(Path(path)))

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], folder: str | Path = ".") -> Study:
        """From plain Python objects with the study file's keys; paths are relative to ``folder``."""
        return cls._of(parse.from_mapping(mapping, Path(folder)))

    @classmethod
    def _of(cls, study: model.Study) -> Study:
        return cls(**{item.name: getattr(study, item.name) for item in dataclasses.fields(study)})

    def run(self, *, out: str | Path | None = None, fresh: bool = False, progress: Progress | None = None) -> Result:
        """Vet, audit, rank, adapt, evaluate, decide, record; resumes an interrupted run of the same study."""
        from touchstone.pipeline.run import run

        return Result(run(self, out=_path(out), fresh=fresh, progress=progress or _bars()))

    def assess(self, *, out: str | Path | None = None, fresh: bool = False, progress: Progress | None = None) -> Result:
        """Hold the model in ``adapted`` against the same references; nothing of it is trained."""
        from touchstone.pipeline.assess import assess

        return Result(assess(self, out=_path(out), fresh=fresh, progress=progress or _bars()))

    def rank(self, *, out: str | Path | None = None, progress: Progress | None = None) -> Result:
        """Order the candidate base models from one forward pass each."""
        from touchstone.pipeline.ranking import rank

        return Result(rank(self, out=_path(out), progress=progress or _bars()))


class Result:
    """What a study found."""

    def __init__(self, record: Record) -> None:
        self._record = record

    @property
    def evidence(self) -> Mapping[str, Any]:
        """The whole of ``evidence.json``."""
        return self._record.evidence

    @property
    def verdict(self) -> str:
        """ship, hold or reject."""
        return str(self.evidence["verdict"])

    @property
    def folder(self) -> Path | None:
        """The output folder."""
        return self._record.folder

    @property
    def findings(self) -> Rows:
        return Rows(self.evidence["findings"])

    @property
    def comparison(self) -> Rows:
        return Rows(self.evidence["comparison"])

    @property
    def bases(self) -> Rows:
        return Rows(self.evidence["bases"])

    @cached_property
    def model(self) -> Predictor:
        """The adapted model: ``model.predict([...])`` takes texts, image paths, PIL images or a data frame.

        It is opened only while its files are those that the run wrote down.
        """
        from touchstone.core.errors import Fault, InputError
        from touchstone.pipeline.finished import Finished

        if self.folder is None or not (self.folder / "model").is_dir():
            raise InputError("this result has no model: the run stopped before one was made")
        run = Finished.read(self.folder)
        if run.model_digest != run.digests.get("model"):
            what = "these are not the files that the run wrote down in study.lock.yaml"
            raise InputError(Fault(str(self.folder / "model"), what, "run the study again with --fresh"))
        from touchstone.nn.predictor import Predictor

        return Predictor.load(self.folder / "model")

    def _repr_html_(self) -> str:
        from html import escape

        reasons = ", ".join(self.evidence["reasons"]) or "nothing stands against it"
        return f"<b>{escape(self.verdict)}</b>: {escape(reasons)}"


class Rows(Sequence[Mapping[str, Any]]):
    """Rows of evidence: a sequence of mappings that can become a data frame."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        return self._rows[index]

    def to_pandas(self) -> Any:
        """A data frame, one row each; needs the extra ``notebook``."""
        try:
            import pandas  # type: ignore[import-untyped]
        except ImportError as error:
            from touchstone.core.errors import MissingExtra

            raise MissingExtra("a data frame", "notebook") from error
        return pandas.DataFrame(list(self._rows))


def _path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)


def _bars() -> Progress:
    """Bars where somebody can see them: a terminal or a notebook."""
    if "ipykernel" in sys.modules or sys.stderr.isatty():
        from rich.console import Console

        from touchstone.cli.terminal import TerminalProgress

        return TerminalProgress(Console(stderr="ipykernel" not in sys.modules))
    return Silent()
