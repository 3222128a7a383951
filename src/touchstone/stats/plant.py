"""Plant and recover: no pass without shown sensitivity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from touchstone.core.finding import Status

REQUIRED = 0.9
"""Share of planted faults that a check must recover before its pass counts."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How many small known faults, planted in copies of the user's own data, a check would have caught."""

    recovered: int
    tries: int
    what: str

    @property
    def enough(self) -> bool:
        """Whether a pass of this check means anything here."""
        return self.tries > 0 and self.recovered >= REQUIRED * self.tries

    def __str__(self) -> str:
        return f"would have caught {self.what}: {self.recovered}/{self.tries}"

    def gate(self, status: Status) -> Status:
        """The status a check may report: a pass without sensitivity is inconclusive; anything else stands.

        Examples
        --------
        >>> Sensitivity(6, 10, "5 % flipped labels").gate(Status.PASS).value
        'inconclusive'
        """
        return Status.INCONCLUSIVE if status is Status.PASS and not self.enough else status


def recover(run_check: Callable[[np.random.Generator], bool], tries: int = 10, *, seed: int, what: str) -> Sensitivity:
    """Plant a fault several times and count how often the same check finds it.

    Parameters
    ----------
    run_check : plants one fault at random places in a copy, runs the check on it, and says whether it tripped
    tries : number of plants, each with its own generator
    seed : same seed, same plants
    what : the planted fault in words, such as "5 % flipped labels"
    """
    caught = sum(bool(run_check(np.random.default_rng([seed, attempt]))) for attempt in range(tries))
    return Sensitivity(caught, tries, what)
