"""Check ``supply.files``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.supply.subjects import NOT_AT_HAND
from touchstone.checks.words import plural
from touchstone.core.finding import Finding, Status
from touchstone.supply.outcome import FileReport, Kind, Outcome, VettedFile
from touchstone.supply.vetted import Vetted

_LISTED = 1000
_HOW = {
    Kind.HOSTILE: "refused as hostile",
    Kind.MALFORMED: "refused as malformed",
    Kind.UNSUPPORTED: "refused as unsupported: it is safe only because it is not opened",
}


class Files(Check):
    """Is any file able to run code, or malformed?

    **Question.** Is every file of the base model data and nothing but data?

    **Method.** Each file is told apart by its content and read whole by a strict reader of our own: safetensors,
    JSON and configuration, text, PyTorch checkpoints (interpreted on paper, never unpickled, and turned into
    safetensors), NumPy arrays, the weights of ONNX and GGUF, zip, tar and packed files. Nothing is executed, and no
    other library sees a byte. What is not understood is not accepted: a file that a rule stops is refused (hostile,
    malformed or unsupported) and fails; one that a person must look at is inconclusive. Later stages see only a
    working copy of what was accepted, held against its digests before it is loaded.

    **Source.** The public record of bypassed scanners: Liu et al., arXiv 2508.19774; Kellas et al., PickleBall (CCS
    2025); advisories of the scanners named on the page about refusals.

    **Cannot see.** What the numbers in the weights do: a planted trigger is data as well.
    """

    id: ClassVar[str] = "supply.files"
    thresholds: ClassVar[Mapping[str, float]] = {"files refused": 0, "files held": 0}
    needs: ClassVar[frozenset[Need]] = frozenset({Need.MODELS})

    def run(self, context: Context) -> Iterator[Finding]:
        for vetted in context.vetted:
            yield self._judged(vetted)

    def _judged(self, vetted: Vetted) -> Finding:
        report = vetted.files
        if report is None:
            return self.finding(vetted.written, Status.INCONCLUSIVE, NOT_AT_HAND, remedy="give a folder that is there")
        worst = report.worst
        if worst is None:
            return self.finding(
                vetted.written, Status.FAIL, "The model has no file.", value=0.0, threshold=0.0, n=0,
                remedy="fetch the model again", kind=str(Kind.MALFORMED), file=vetted.written,
            )  # fmt: skip
        stopped = report.not_accepted
        numbers: dict[str, Any] = {"value": float(len(stopped)), "threshold": 0.0, "n": len(report.files)}
        if worst.outcome is Outcome.REFUSE:
            statement = f"File {worst.name} is {_HOW[worst.kind or Kind.UNSUPPORTED]}: {worst.reason}{_more(stopped)}."
            details = {"kind": str(worst.kind), "file": worst.name, **_details(report)}
            return self.finding(vetted.written, Status.FAIL, statement, remedy=worst.remedy, **numbers, **details)
        if worst.outcome is Outcome.HOLD:
            statement = f"A person must look at {worst.name}: {worst.reason}{_more(stopped)}."
            details = {"file": worst.name, **_details(report)}
            return self.finding(
                vetted.written, Status.INCONCLUSIVE, statement, remedy=worst.remedy, **numbers, **details
            )
        return self.finding(vetted.written, Status.PASS, _sound(report), **numbers, **_details(report))


def _more(stopped: tuple[VettedFile, ...]) -> str:
    return f" (and {plural(len(stopped) - 1, 'more file')} not accepted)" if len(stopped) > 1 else ""


def _sound(report: FileReport) -> str:
    said = f"{plural(len(report.files), 'file')} read whole, nothing but data in them"
    made = sum(file.outcome is Outcome.CONVERT for file in report.files)
    return f"{said}; {plural(made, 'file')} turned into safetensors without running anything." if made else f"{said}."


def _details(report: FileReport) -> dict[str, Any]:
    listed = sorted(report.files, key=lambda file: file.gravity)[:_LISTED]
    return {"seconds": report.seconds, "size_bytes": report.size, "files": [file.as_data() for file in listed]}
