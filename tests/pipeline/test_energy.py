"""Energy from counters that exist, wrap around, or cannot be read."""

from pathlib import Path

from touchstone.pipeline.energy import EnergyMeter, band


def counter(root: Path, microjoules: int) -> Path:
    folder = root / "intel-rapl:0"
    folder.mkdir(exist_ok=True)
    (folder / "energy_uj").write_text(str(microjoules))
    (folder / "max_energy_range_uj").write_text("1000000000")
    return folder


def test_counters_are_read_as_differences(tmp_path: Path) -> None:
    counter(tmp_path, 0)
    meter = EnergyMeter(tmp_path)
    before = meter.read()
    counter(tmp_path, 720_000_000)
    assert meter.since(before) == 0.2
    assert meter.measured


def test_a_register_that_wraps_around_is_unwrapped(tmp_path: Path) -> None:
    counter(tmp_path, 900_000_000)
    meter = EnergyMeter(tmp_path)
    before = meter.read()
    counter(tmp_path, 260_000_000)
    assert meter.since(before) == 0.1


def test_without_permission_it_estimates_and_says_so(tmp_path: Path) -> None:
    meter = EnergyMeter(tmp_path)
    before = meter.read()
    sum(i * i for i in range(2_000_000))
    assert meter.since(before) > 0
    assert not meter.measured and "estimated" in meter.method
    assert band(1.0, measured=False) == (0.5, 2.0)
