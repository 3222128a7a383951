"""How much energy the machine drew: hardware counters where they can be read, else an estimate that says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from touchstone.core import workers

POWERCAP = Path("/sys/class/powercap")
WATTS_PER_CORE = 8.0
"""Assumed draw of one busy server core with its share of memory; good to a factor of two."""
GRID_G_PER_KWH = 445.0
"""World average carbon intensity of electricity, 2024 (IEA, Electricity 2025)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Counters at one moment."""

    microjoules: tuple[float, ...]
    cpu_seconds: float
    """Of what this thread set going: see :func:`touchstone.core.workers.cpu_seconds_of_this_thread`."""
    all_cpu_seconds: float
    """Of this process and all it set going."""


class EnergyMeter:
    """Reads RAPL package counters (Linux powercap); without them, CPU seconds times assumed watts.

    Counters leave out power supply, fans and the rest of the host. What two threads of a run drew at the same time is
    told apart by their CPU seconds.
    """

    def __init__(self, root: Path = POWERCAP) -> None:
        self._counters = tuple(path for path in sorted(root.glob("intel-rapl:?")) if _readable(path / "energy_uj"))

    @property
    def measured(self) -> bool:
        return bool(self._counters)

    @property
    def method(self) -> str:
        if self.measured:
            return "RAPL package counters"
        return f"estimated from CPU time at {WATTS_PER_CORE:g} W a core, right to a factor of two"

    def read(self) -> Reading:
        """The counters now."""
        values = tuple(float((path / "energy_uj").read_text()) for path in self._counters)
        return Reading(values, workers.cpu_seconds_of_this_thread(), workers.cpu_seconds())

    def since(self, before: Reading) -> float:
        """Watt-hours since a reading; a counter that wrapped around is unwrapped once."""
        now = self.read()
        here = now.cpu_seconds - before.cpu_seconds
        if not self._counters:
            return here * WATTS_PER_CORE / 3600
        joules = 0.0
        for path, earlier, later in zip(self._counters, before.microjoules, now.microjoules, strict=True):
            spent = later - earlier
            if spent < 0:
                spent += float((path / "max_energy_range_uj").read_text())
            joules += spent / 1e6
        everything = now.all_cpu_seconds - before.all_cpu_seconds
        return joules / 3600 * (min(1.0, here / everything) if everything > 0 else 1.0)


def band(energy_wh: float, measured: bool) -> tuple[float, float]:
    """What the true energy may be: -10/+30 % for counters, -50/+100 % for estimates."""
    low, high = (0.9, 1.3) if measured else (0.5, 2.0)
    return low * energy_wh, high * energy_wh


def carbon_g(energy_wh: float) -> float:
    """Grams of CO2-equivalent at the world's average grid; the place of this machine is not known."""
    return energy_wh / 1000 * GRID_G_PER_KWH


def _readable(path: Path) -> bool:
    try:
        path.read_text()
    except OSError:
        return False
    return True
