"""Every error a caller can meet.

TouchstoneError
├── InputError            the command cannot be carried out as given (exit status 2)
│   ├── StudyError        a study file with faults
│   ├── DatasetError      data that cannot be found or read at all
│   ├── ModelFilesError   a base model that cannot be used: no such folder, no safetensors, unknown architecture
│   │   └── ModelExtraError   one that needs packages which are not installed
│   ├── PolicyError       a policy file with faults
│   └── RegistryError     a registry that cannot be used as asked: locked, damaged, newer, an id it does not know
├── MissingExtra          a feature whose packages are not installed (exit status 2)
├── WorkerError           a process that trained beside this one was ended from outside (exit status 1)
└── ReloadError           the exported model does not repeat its predictions: a fault of ours (exit status 1)

Anything else that escapes is a bug: exit status 1 and a traceback in the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class TouchstoneError(Exception):
    """Root of every error that Touchstone raises on purpose."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where, what was read, and the mend.

    ``where`` reads like ``study.yaml:14`` or a path; it may be empty.
    """

    where: str
    what: str
    mend: str = ""

    def __str__(self) -> str:
        head = f"{self.where}: " if self.where else ""
        tail = f"; {self.mend}" if self.mend else ""
        return f"{head}{self.what}{tail}"


class InputError(TouchstoneError):
    """The command cannot be carried out as given; every fault is one clear line."""

    def __init__(self, faults: Sequence[Fault] | Fault | str) -> None:
        if isinstance(faults, str):
            faults = [Fault("", faults)]
        elif isinstance(faults, Fault):
            faults = [faults]
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class StudyError(InputError):
    """The study file has faults; all of them are listed, with line numbers."""


class DatasetError(InputError):
    """The data cannot be found or read at all (merely bad data are findings)."""


class ModelFilesError(InputError):
    """A model's files cannot be used as asked."""


class ModelExtraError(ModelFilesError):
    """A model can be used only with packages that are not installed; no fault of the model."""


class PolicyError(InputError):
    """The policy file has faults."""


class RegistryError(InputError):
    """The registry cannot be used as asked."""


class MissingExtra(TouchstoneError):
    """A feature needs packages that are not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        self.feature, self.extra = feature, extra
        super().__init__(f"{feature} needs more packages; install them with: pip install 'touchstone-ml[{extra}]'")


class ReloadError(TouchstoneError):
    """The exported model, loaded afresh, does not repeat the predictions that were measured."""


class WorkerError(TouchstoneError):
    """A process that worked beside this one did not finish."""
