"""Timing single calls."""

from __future__ import annotations

from pathlib import Path

from tests.nn.tiny import examples, shared
from touchstone.nn.export import export
from touchstone.nn.families import classifier
from touchstone.nn.latency import measure


def test_times_as_many_calls_as_asked_but_never_fewer_than_300_when_time_is_up(tmp_path: Path) -> None:
    base = shared("bert")
    export(classifier(base, ("a", "b")), base, tmp_path / "model", ("a", "b"))
    latency = measure(tmp_path / "model", examples(base.task, 5), n=400, seconds=0.0)
    assert latency.milliseconds.shape == (300,) and (latency.milliseconds > 0).all()
    assert latency.machine and latency.threads >= 1
