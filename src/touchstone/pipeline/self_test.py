"""``touchstone vet --self-test``: small attacks, built here and now, that the readers of this installation must stop."""

from __future__ import annotations

import json
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.study.model import BaseModel, IntendedUse

if TYPE_CHECKING:
    from touchstone.supply.vetted import Vetted

_WATCHED = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "subprocess.Popen",
    "socket.connect",
    "socket.getaddrinfo",
    "pickle.find_class",
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One attack and what became of it."""

    name: str
    passed: bool
    saw: str

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


def self_test() -> list[Trial]:
    """Build each attack in a folder of its own and vet it while an audit hook watches."""
    made = (
        ("a clean model is accepted", _clean, lambda seen: (_files(seen) == "accept", f"files: {_files(seen)}")),
        (
            "a pickle that calls os.system is refused",
            _hostile,
            lambda seen: (_files(seen) == "refuse", f"files: {_files(seen)}"),
        ),
        (
            "code named by config.json is refused",
            _remote_code,
            lambda seen: (_files(seen) == "refuse", f"files: {_files(seen)}"),
        ),
        (
            "one flipped byte is found",
            _flipped,
            lambda seen: (_moved(seen), "changed since first use" if _moved(seen) else "nothing"),
        ),
        (
            "a licence that forbids commercial use is found",
            _forbidden,
            lambda seen: (_terms(seen) == "forbidden", _terms(seen)),
        ),
    )
    trials = []
    with _watching() as events:
        for name, make, judge in made:
            trials.append(_tried(name, make, judge))
    said = ", ".join(sorted(set(events))) or "no process, no connection, no import by a pickle"
    trials.append(Trial("nothing was executed and no socket opened", not events, said))
    return trials


def _tried(name: str, make: Callable[[Path], None], judge: Callable[[Vetted], tuple[bool, str]]) -> Trial:
    from touchstone.supply.vet import vet

    with tempfile.TemporaryDirectory(prefix="touchstone-") as folder:
        model, state = Path(folder) / "model", Path(folder) / "home"
        model.mkdir()
        _clean(model)
        use = IntendedUse(use="commercial")
        if make is _flipped:
            vet(BaseModel("model", model), use, state)
        make(model)
        passed, saw = judge(vet(BaseModel("model", model), use, state))
        return Trial(name, passed, saw)


def _clean(folder: Path) -> None:
    header = json.dumps({"weight": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<2f", 0.5, -0.5))
    (folder / "config.json").write_text('{"model_type": "bert", "hidden_size": 2}', encoding="utf-8")


def _hostile(folder: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(Vtrue\ntR.")


def _remote_code(folder: Path) -> None:
    (folder / "config.json").write_text(
        '{"model_type": "bert", "auto_map": {"AutoModel": "modeling_x.X"}}', encoding="utf-8"
    )


def _flipped(folder: Path) -> None:
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(data)


def _forbidden(folder: Path) -> None:
    (folder / "LICENSE").write_text("SPDX-License-Identifier: CC-BY-NC-4.0\n", encoding="utf-8")


def _files(seen: Vetted) -> str:
    return str(seen.files.outcome) if seen.files else "not read"


def _moved(seen: Vetted) -> bool:
    return seen.integrity is not None and seen.integrity.pinned is not None and seen.integrity.pinned.state == "moved"


def _terms(seen: Vetted) -> str:
    return seen.licences.decision.outcome.word if seen.licences else "unknown"


@contextmanager
def _watching() -> Iterator[list[str]]:
    """Events of executing or connecting while the block runs (an audit hook cannot be taken off, only silenced)."""
    events: list[str] = []
    awake = [True]

    def hook(event: str, arguments: Any) -> None:
        if awake[0] and event in _WATCHED:
            events.append(event)

    sys.addaudithook(hook)
    try:
        yield events
    finally:
        awake[0] = False
