"""Whether memory stays flat in the number of pictures: peak of `touchstone rank`, which reads, splits, searches, embeds and probes.

`BENCH_PICTURES=50000` says how many there are in the larger set; the smaller has a tenth.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from benchmarks.material import Drawn, vision_base
from benchmarks.ratio import Ratio

CLASSES = 10


def measure(folder: Path, rounds: int) -> Iterator[Ratio]:
    """One round: it is long, and peaks hardly waver."""
    n = int(os.environ.get("BENCH_PICTURES", "50000"))
    base = vision_base(folder)
    few, many = (_peak(_study(folder / str(count), base.path, count)) for count in (n // 10, n))
    notes = (f"{n // 10:,} pictures of 224 px: {few / 1e6:,.0f} MB; {n:,}: {many / 1e6:,.0f} MB",)
    yield Ratio("peak memory with ten times the pictures", (many / few,), "little above 1, and under 4,000 MB", notes)


def _study(folder: Path, base: Path, count: int) -> Path:
    """Pictures that resemble those of their class, and a study that ranks one base on them."""
    drawn = Drawn(np.arange(count), 224)
    typical = Drawn(-1 - np.arange(CLASSES) + 2**31, 224)
    for i in range(count):
        path = folder / "data" / str(i % CLASSES) / f"{i}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.blend(drawn[i], typical[i % CLASSES], 0.5).save(path, quality=70)
    study = {
        "touchstone": 1,
        "name": "many",
        "task": "image-classification",
        "data": {"train": "data"},
        "base_models": [str(base)],
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(study))
    return folder / "study.yaml"


def _peak(study: Path) -> int:
    """Bytes that the command held at most, its workers not among them."""
    environment = os.environ | {"TOUCHSTONE_HOME": str(study.parent / "home")}
    running = subprocess.Popen(
        [sys.executable, "-m", "touchstone", "rank", str(study), "--json"], env=environment, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(running.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 3, 4):
        raise RuntimeError(f"ranking ended with status {os.waitstatus_to_exitcode(status)}")
    return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
