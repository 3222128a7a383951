"""Touchstone and four scanners over the same files in the same run: what each says of them, and how long it takes.

`TOUCHSTONE_PEERS` names a Python that has the scanners (docs/vetting.md tells how to make one; their pins and
Touchstone's do not go into one environment). Without it only Touchstone is measured.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.supply import benign_list, hostile_list, regression_list, state_dicts
from tests.supply.hostile_list import safetensors, tensor
from tests.supply.licences.sixty_cases import CASES
from tests.supply.licences.test_decision import components, profile
from tests.supply.test_work import BUSY

from benchmarks.registry import Measured
from benchmarks.scanners import CLEAN, FLAGGED, SCANNERS, UNREAD
from touchstone.study.model import BaseModel
from touchstone.supply.blob import Memory
from touchstone.supply.judgement import Surroundings, nothing_beside
from touchstone.supply.judging import judge
from touchstone.supply.licences.decision import decide
from touchstone.supply.outcome import Outcome
from touchstone.supply.vetting import vet_files

Answers = list[tuple[str, float]]
_MOST_SECONDS = 1800
_TURNS = 200
PICKLE_FAMILY = {*range(1, 31), 60}
"""The files of the hostile list that a scanner of pickles is meant for."""


@dataclass(frozen=True)
class Row:
    """One tool over one list of files."""

    tool: str
    answers: Answers

    def __str__(self) -> str:
        words = Counter(word for word, _ in self.answers)
        times = sorted(1000 * seconds for _, seconds in self.answers)
        return (
            f"{self.tool:18} flagged {words[FLAGGED]:3}  clean {words[CLEAN]:3}  unread {words[UNREAD]:3}"
            f"   ms a file: {statistics.median(times):6.1f} median, {times[-1]:7.1f} slowest"
        )


def build(folder: Path) -> dict[str, dict[str, Path]]:
    """List -> what a file is -> the folder it stands in."""
    found: dict[str, dict[str, Path]] = {
        "hostile and odd files": _built(folder / "h", {str(n): make for n, (_, _, make) in hostile_list.FILES.items()}),
        "kinds of public regression files": _built(folder / "r", dict(regression_list.FILES)),
        "benign files": _built(folder / "b", {str(n): make for n, (_, _, make) in benign_list.FILES.items()}),
    }
    dicts = found["state dicts"] = {}
    for i, (what, value, layout, protocol) in enumerate(state_dicts.cases()):
        place = dicts[what] = folder / "s" / str(i)
        place.mkdir(parents=True)
        (place / "pytorch_model.bin").write_bytes(state_dicts.save(value, layout, protocol))
    return found


def _built(folder: Path, makers: Mapping[str, hostile_list.Build]) -> dict[str, Path]:
    places = {}
    for i, (what, make) in enumerate(makers.items()):
        places[what] = folder / str(i)
        places[what].mkdir(parents=True)
        make(places[what])
    return places


def measure(folder: Path, rounds: int) -> Iterator[Row | Measured | str]:
    """Every tool over every list; files that a tool of another kind is not meant for are told apart below each."""
    lists = build(folder / "files")
    places = [place for files in lists.values() for place in files.values()]
    answers = {"touchstone": ours(places, folder / "home")}
    peers = os.environ.get("TOUCHSTONE_PEERS")
    for tool in SCANNERS if peers else ():
        version, said = theirs(str(peers), tool, places)
        answers[f"{tool} {version}"] = said
    if not peers:
        yield "TOUCHSTONE_PEERS is not set: no other scanner is measured"
    start = 0
    for name, files in lists.items():
        end = start + len(files)
        yield f"{name} ({len(files)})"
        yield from (Row(tool, said[start:end]) for tool, said in answers.items())
        if name.startswith("hostile"):
            yield f"of these, {len(PICKLE_FAMILY)} of the pickle family"
            for tool, said in answers.items():
                yield Row(tool, [one for n, one in zip(files, said, strict=False) if int(n) in PICKLE_FAMILY])
        yield from _notable(name, files, {tool: said[start:end] for tool, said in answers.items()})
        start = end
    yield from _speeds(folder / "speed", rounds)


def _speeds(folder: Path, rounds: int) -> Iterator[Measured]:
    """The bars of the issue that are about time; processor time, so that a busy machine does not count."""
    gc.collect()
    gc.freeze()  # what the lists above left behind is not searched again for every file
    slowest = max(min(_milliseconds(name, data) for _ in range(rounds)) for name, data in BUSY.values())
    yield Measured("verdict on a file under 1 MiB that was built to be slow, slowest", slowest, "ms", 50)
    weights = safetensors({"w": tensor([1 << 26], 0, 1 << 28)}, bytes(1 << 28))
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(weights)
    started = time.process_time()
    vet_files(BaseModel("m", folder), folder / "home", keep=False)
    yield Measured("reading and hashing weights, a core", 0.25 / (time.process_time() - started), "GiB/s", 0.7, True)
    cases = [(components(what), profile(use, facts)) for what, use, facts, _ in CASES]
    started = time.process_time()
    for _ in range(_TURNS):
        for parts, use in cases:
            decide(parts, use)
    rate = _TURNS * len(cases) / (time.process_time() - started)
    yield Measured(f"licence decisions, over the table of {len(cases)} cases", rate, "a second", 10_000, True)


def _milliseconds(name: str, data: bytes) -> float:
    started = time.process_time()
    judge(Memory(data), name, Surroundings(nothing_beside, lambda: False))
    return 1000 * (time.process_time() - started)


def _notable(name: str, files: Mapping[str, Path], answers: Mapping[str, Answers]) -> Iterator[str]:
    """Which files are not what one would wish: called clean among the hostile, flagged among the others."""
    bad = FLAGGED if name in ("benign files", "state dicts") else CLEAN
    for tool, said in answers.items():
        which = [what for what, (word, _) in zip(files, said, strict=True) if word == bad]
        if which:
            yield f"{bad} by {tool}: {', '.join(which)}"


def ours(places: list[Path], home: Path) -> Answers:
    """Flagged is refused as hostile or malformed; unread is held, or refused as a format that is not opened."""
    vet_files(BaseModel("m", places[0]), home, keep=False)
    answers = []
    for place in places:
        started = time.perf_counter()
        seen = vet_files(BaseModel("m", place), home, keep=False)
        seconds = time.perf_counter() - started
        worst = seen.files.worst if seen.files else None
        assert worst is not None, "every folder holds a file"
        passed = worst.outcome in (Outcome.ACCEPT, Outcome.CONVERT)
        flagged = worst.outcome is Outcome.REFUSE and str(worst.kind) != "unsupported"
        answers.append((CLEAN if passed else FLAGGED if flagged else UNREAD, seconds))
    return answers


def theirs(python: str, tool: str, places: list[Path]) -> tuple[str, Answers]:
    """The version of a scanner and its answers."""
    script = Path(__file__).with_name("scanners.py")
    lines = "".join(f"{place}\n" for place in places)
    done = subprocess.run(
        [python, "-I", str(script), tool],
        input=lines,
        capture_output=True,
        text=True,
        timeout=_MOST_SECONDS,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{tool} cannot be run by {python}: {done.stderr.strip().splitlines()[-1:]}")
    head, *rest = map(json.loads, done.stdout.splitlines())
    return str(head["version"]), [(one["said"], one["seconds"]) for one in rest]
