"""Vetting and opening the candidate base models; one that fails a blocker is dropped before its bytes reach loading code."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from touchstone.core.errors import Fault, ModelExtraError, ModelFilesError
from touchstone.core.finding import Finding, Severity, Status
from touchstone.pipeline.bench import Bench
from touchstone.study.model import Adapted, BaseModel, Study
from touchstone.supply.vetted import Vetted

if TYPE_CHECKING:
    from touchstone.nn.base_model import Base


@dataclass(frozen=True)
class Refused:
    """A base model that cannot serve, and why, in one line."""

    base: BaseModel
    reason: str

    def finding(self, *, others: bool) -> Finding:
        """A blocker where this base was the only one; minor where another carries the study."""
        return Finding(
            "supply.files",
            self.base.written,
            Status.FAIL,
            Severity.MINOR if others else Severity.BLOCKER,
            f"This base model was refused: {self.reason}.",
            remedy="use a base model in Hugging Face layout with safetensors weights of a supported architecture",
            details={"kind": "unsupported", "file": self.reason.split(":")[0], "severity_unmended": "blocker"},
        )


def need_bases(study: Study) -> None:
    """Only the data can be looked at without a base model.

    Raises
    ------
    ModelFilesError
        where the study names none
    """
    if not study.base_models:
        mend = "name at least one folder; `touchstone audit` needs none"
        raise ModelFilesError(Fault("base_models", "the study names no base model", mend))


def vet_bases(bench: Bench) -> list[Vetted]:
    """Read every file and paper of the candidate bases; no byte of theirs reaches loading code here."""
    return [_vetted(bench, model) for model in bench.study.base_models]


def vet_adapted(bench: Bench, model: Adapted) -> Vetted:
    """The files of a model that somebody has fine-tuned: its papers are those of its base and of the study."""
    from touchstone.supply.vetting import vet_files

    return replace(vet_files(BaseModel(model.written, model.path), bench.home), role="adapted")


def blocked(vetted: Sequence[Vetted], findings: Sequence[Finding]) -> dict[str, str]:
    """Why a model must not be opened: the blockers that it fails, by its name."""
    said: dict[str, list[str]] = {model.written: [] for model in vetted}
    for finding in findings:
        if finding.status is Status.FAIL and finding.severity is Severity.BLOCKER and finding.subject in said:
            said[finding.subject].append(f"{finding.check}: {finding.statement.rstrip('.')}")
    return {name: "; ".join(reasons) for name, reasons in said.items() if reasons}


def open_bases(bench: Bench, vetted: Sequence[Vetted], stopped: Mapping[str, str]) -> tuple[list[Base], list[Refused]]:
    """Look at the working copy of every candidate base that no blocker stops, running none.

    Raises
    ------
    ModelFilesError
        where one needs packages which are not installed
    """
    opened: list[Base] = []
    refused: list[Refused] = []
    for model, seen in zip(bench.study.base_models, vetted, strict=True):
        if model.written in stopped:
            bench.progress.say(f"dropped before it was opened: {model.written}: {stopped[model.written]}")
            continue
        try:
            opened.append(_open(bench, model, seen))
        except ModelExtraError:
            raise  # nothing can be said of this base before they are
        except ModelFilesError as error:
            bench.progress.say(f"refused: {error}")
            refused.append(Refused(model, "; ".join(_sentence(fault) for fault in error.faults)))
    return opened, refused


def spoken_of_the_chosen(findings: Sequence[Finding], bases: Collection[str], chosen: str | None) -> list[Finding]:
    """The findings again; what is wrong with a base that does not carry the study no longer decides it."""
    return [
        replace(f, severity=Severity.MINOR, details={**f.details, "severity_unmended": str(f.severity)})
        if chosen is not None and f.check.startswith("supply.") and f.subject in bases and f.subject != chosen
        and f.status in (Status.FAIL, Status.INCONCLUSIVE) and f.severity in (Severity.BLOCKER, Severity.MAJOR)
        else f
        for f in findings
    ]  # fmt: skip


def _vetted(bench: Bench, model: BaseModel) -> Vetted:
    from touchstone.supply.vet import vet

    study = bench.study
    try:
        at_hand = model if model.path is not None else replace(model, path=_fetch(bench, model))
        return vet(at_hand, study.intended_use, bench.home, data_license=study.data.license or "", keep=True)
    except ModelFilesError as error:
        bench.progress.say(str(error))
        source = model.repository or model.source
        return Vetted(model.written, None, source, model.publisher, model.revision, model.license, None)


def _open(bench: Bench, model: BaseModel, seen: Vetted) -> Base:
    from touchstone.nn.base_model import open_base

    if seen.copy is None:
        what = "there is no file in it that loading code may see"
        raise ModelFilesError(Fault(model.written, what, "give a model in Hugging Face layout, at hand and readable"))
    seen.copy.check()
    try:
        return replace(open_base(seen.copy.folder, model.written, bench.study.task), written=model.written)
    except ModelExtraError:
        raise
    except ModelFilesError as error:  # people know the base as they wrote it, not the folder of its working copy
        copy = str(seen.copy.folder)
        raise ModelFilesError(
            [replace(fault, where=fault.where.replace(copy, model.written), what=fault.what.replace(copy, model.written))
             for fault in error.faults]
        ) from error  # fmt: skip


def _fetch(bench: Bench, model: BaseModel) -> Path:
    from touchstone.nn.base_model import resolve_hub

    assert model.repository is not None and model.revision is not None, "a base is a local folder or a hub reference"
    return resolve_hub(model.repository, model.revision, bench.home)


def _sentence(fault: Fault) -> str:
    return str(Fault("", fault.what, fault.mend)).rstrip(".")


def names(bases: Sequence[Base]) -> list[str]:
    """The bases as written in the study."""
    return [base.written for base in bases]
