"""Fuzzing the readers: files of every kind, bent at random, must end in a judgement, quickly, with nothing executed.

python -m tests.supply.fuzzing --seconds 1800
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

from tests.supply import benign_list, hostile_list
from tests.supply.opcodes import torch_zip, zipped
from tests.supply.state_dicts import ZIP, cases, save
from tests.supply.watch import nothing_runs
from touchstone.supply.blob import Memory
from touchstone.supply.judgement import Surroundings, nothing_beside
from touchstone.supply.judging import judge
from touchstone.supply.outcome import Outcome, VettedFile

LARGEST = 1 << 16
SLOWEST_SECONDS = 1.0
_MEMORY = 6 << 30
_NUMBERS = (
    b"\xff" * 4,
    b"\xff" * 8,
    bytes(8),
    b"\x7f" + b"\xff" * 7,
    b"\x00\x00\x00\x80",
    b"\x01",
    b"PK\x05\x06",
    b"\x80\x04",
    b".",
    b"(",
)
_TEXTS = (
    b"[" * 200,
    b'{"a":' * 60,
    b"1e999",
    b"-0",
    b"\\ud800",
    b"NaN",
    b"null",
    b'"auto_map"',
    b"{{",
    b"9" * 60,
    b"_target_: x",
    b"\xe2\x80\xae",
)


def corpus() -> dict[str, list[tuple[str, bytes]]]:
    """Suffix -> (file name, bytes) of the files of both lists; each suffix is a way into one or more readers."""
    found: dict[str, list[tuple[str, bytes]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for prefix, builders in (("h", hostile_list.FILES), ("b", benign_list.FILES)):
            for number, (_, _, build) in builders.items():
                place = Path(folder) / f"{prefix}{number}"
                place.mkdir()
                build(place)
                for path in place.iterdir():
                    data = path.read_bytes()
                    if len(data) <= LARGEST:
                        found.setdefault(path.suffix or "none", []).append((path.name, data))
    return found


def _members(data: bytes, ending: str) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [(name, archive.read(name)) for name in archive.namelist() if name.endswith(ending)]
    except (zipfile.BadZipFile, RuntimeError, ValueError, NotImplementedError, EOFError):
        return []


def inner_corpus() -> dict[str, list[tuple[str, bytes]]]:
    """What stands inside of frames with check sums and lengths, to be bent and framed again by :func:`framed`."""
    whole = [file for files in corpus().values() for file in files]
    pickles = [one for _, data in whole for one in _members(data, "data.pkl")]
    checkpoints = [save(value, protocol=protocol) for _, value, layout, protocol in cases() if layout == ZIP]
    pickles += [one for data in checkpoints if len(data) < LARGEST for one in _members(data, "data.pkl")]
    headers = [(name, data[8:]) for name, data in whole if name.endswith(".safetensors") and data[8:9] == b"{"]
    return {
        "checkpoint": pickles,
        "header": headers,
        "arrays": [one for _, data in whole for one in _members(data, ".npy")],
        "keras": [one for _, data in whole for one in _members(data, "config.json")],
    }


def framed(kind: str, data: bytes) -> tuple[str, bytes]:
    """The file around it, with lengths and sums that agree."""
    if kind == "checkpoint":
        return "model.pt", torch_zip(data, {f"data/{i}": bytes(64) for i in range(4)})
    if kind == "header":
        end = data.rfind(b"}") + 1
        return "model.safetensors", len(data[:end]).to_bytes(8, "little") + data
    if kind == "arrays":
        return "arrays.npz", zipped({"a.npy": data})
    return "model.keras", zipped({"config.json": data, "metadata.json": b"{}"})


def bent(rng: random.Random, files: Sequence[tuple[str, bytes]]) -> tuple[str, bytes]:
    """One file with some of its bytes changed, cut, doubled or taken from another."""
    name, data = rng.choice(files)
    out = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(8)
        if kind == 0 and out:
            out[at % len(out)] ^= 1 << rng.randrange(8)
        elif kind == 1 and out:
            out[at % len(out)] = rng.randrange(256)
        elif kind == 2:
            del out[at : at + rng.randint(1, 32)]
        elif kind == 3:
            out[at:at] = out[max(0, at - rng.randint(1, 64)) : at]
        elif kind == 4:
            number = rng.choice(_NUMBERS)
            out[at : at + len(number)] = number
        elif kind == 5:
            out[at:at] = rng.choice(_TEXTS)
        elif kind == 6:
            del out[at:]
        else:
            other = rng.choice(files)[1]
            begin = rng.randrange(len(other) + 1)
            out[at:at] = other[begin : begin + rng.randint(1, 400)]
    return name, bytes(out[: 4 * LARGEST])


def tried(name: str, data: bytes) -> VettedFile:
    """Judge one file and hold the judgement against what every judgement owes."""
    began = time.process_time()  # a machine that is busy with other things makes no reader slow
    with nothing_runs():
        file, made, _ = judge(Memory(data), name, Surroundings(nothing_beside, lambda: False))
        written = sum(len(chunk) for one in made for chunk in one.chunks())
    assert time.process_time() - began < SLOWEST_SECONDS, "slow"
    assert written == sum(one.size for one in made)
    assert written <= (64 << 20) + 64 * len(data), "it unfolds to too much"
    if file.outcome in (Outcome.REFUSE, Outcome.HOLD):
        assert file.rule and file.reason and not made
    else:
        assert not file.rule
    return file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    kinds = [("", files) for _, files in sorted(corpus().items())] + 4 * sorted(inner_corpus().items())
    rng = random.Random(options.seed)
    until, n, outcomes = time.monotonic() + options.seconds, 0, dict.fromkeys(Outcome, 0)
    while time.monotonic() < until:
        kind, files = kinds[n % len(kinds)]
        name, data = bent(rng, files)
        if kind:
            name, data = framed(kind, data)
        try:
            outcomes[tried(name, data).outcome] += 1
        except BaseException:
            place = Path(tempfile.gettempdir()) / f"fuzz-{options.seed}-{n}-{name}"
            place.write_bytes(data)
            sys.stderr.write(f"trial {n} failed, its file is {place}\n")
            raise
        n += 1
    said = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.items())
    sys.stdout.write(f"{n:,} bent files in {options.seconds:.0f} s: {said}; no crash, no hang, nothing executed\n")


if __name__ == "__main__":
    main()
