"""The data audit's searches beside other tools, 10,000 to a million items: `python -m benchmarks.data_search`.

Every measurement runs in a process of its own on the same made material: processor seconds, peak memory and what was
found. `BENCH_PEERS` names the Python of an environment with datasketch, imagededup and cleanlab; without it Touchstone
runs alone.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import look_alikes

SIZES = (10_000, 100_000, 1_000_000)
SEARCHES = ("texts", "pictures", "labels")
ROOT = Path(__file__).parents[1]
Found = dict[str, float]


def _copies(pairs: set[tuple[int, int]], n: int) -> Found:
    planted = {(i, n - 1 - i) for i in range(int(look_alikes.PLANTED * n))}
    return {"found": len(pairs & planted) / len(planted), "others": len(pairs - planted)}


def our_texts(made: list[str]) -> Found:
    from touchstone.dataset.near_texts import near_texts

    return _copies({(a, b) for a, b in near_texts(made)[0].tolist()}, len(made))


def our_pictures(made: Any) -> Found:
    from PIL import Image

    from touchstone.dataset.near_pictures import near_pictures
    from touchstone.dataset.picture import GREY, THUMB, fingerprint

    n = len(made)
    hashes, thumbs = np.empty((n, 2), np.uint64), np.empty((n, THUMB, THUMB, 3), np.uint8)
    greys = np.empty((n, GREY, GREY), np.uint8)
    for i, picture in enumerate(made):
        one = fingerprint(Image.fromarray(picture))
        hashes[i], thumbs[i], greys[i] = (one.hash, one.mirror_hash), one.thumb, one.grey
    return _copies({(a, b) for a, b in near_pictures(hashes, thumbs, greys)[0].tolist()}, n)


def our_labels(made: Any) -> Found:
    """As the audit does: of a million, five thousand are asked."""
    from touchstone.evaluate.lapses import lapses
    from touchstone.evaluate.neighbours import neighbour_votes

    features, chances, given = (part[:5000] for part in made)
    votes = neighbour_votes(features, given, np.arange(len(given)), chances.shape[1])
    return {"share": lapses(chances, votes, given).rate}


def datasketch_texts(made: list[str]) -> Found:
    from datasketch import MinHash, MinHashLSH

    index, found = MinHashLSH(threshold=0.8, num_perm=128), set()
    for i, text in enumerate(made):
        one = MinHash(num_perm=128)
        one.update_batch([text[j : j + 5].encode() for j in range(max(1, len(text) - 4))])
        found |= {(other, i) for other in index.query(one)}
        index.insert(i, one)
    return _copies(found, len(made))


def imagededup_pictures(made: Any) -> Found:
    from imagededup.methods import PHash

    method = PHash(verbose=False)
    codes = {str(i): method.encode_image(image_array=picture) for i, picture in enumerate(made)}
    near = method.find_duplicates(encoding_map=codes, max_distance_threshold=10)
    pairs = {(min(int(a), int(b)), max(int(a), int(b))) for a, others in near.items() for b in others}
    return _copies(pairs, len(made))


def cleanlab_labels(made: Any) -> Found:
    from cleanlab.filter import find_label_issues

    _, chances, given = made
    return {"share": float(find_label_issues(given, chances, n_jobs=1).mean())}


TOOLS: dict[str, dict[str, Callable[[Any], Found]]] = {
    "texts": {"touchstone": our_texts, "datasketch": datasketch_texts},
    "pictures": {"touchstone": our_pictures, "imagededup": imagededup_pictures},
    "labels": {"touchstone": our_labels, "cleanlab": cleanlab_labels},
}
CASES = {"texts": ((),), "pictures": ((),), "labels": ((0.0, 3.0), (0.05, 3.0), (0.0, 0.5), (0.05, 0.5))}


def measure_one(search: str, tool: str, n: int, case: list[float]) -> Found:
    made = getattr(look_alikes, search)(n, *case)
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    found = TOOLS[search][tool](made)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": time.process_time() - started, "mb": after / 1000, "material_mb": before / 1000, **found}


def _in_a_process(search: str, tool: str, n: int, case: tuple[float, ...], limit: float) -> str:
    python = sys.executable if tool == "touchstone" else os.environ["BENCH_PEERS"]
    order = [python, "-m", "benchmarks.data_search", "--one", json.dumps([search, tool, n, case])]
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path if tool == "touchstone" else str(ROOT), "OMP_NUM_THREADS": "1"}
    try:
        made = subprocess.run(order, env=environment, cwd=ROOT, timeout=limit, check=True, capture_output=True)
    except subprocess.TimeoutExpired:
        return f"not done within {limit:,.0f} s"
    except subprocess.CalledProcessError as exc:
        return f"failed: {exc.stderr.decode(errors='replace').strip().splitlines()[-1][:200]}"
    said = json.loads(made.stdout.splitlines()[-1])
    result = (
        f"{said['share']:.1%} called wrong"
        if "share" in said
        else f"{said['found']:.1%} of the planted copies, {said['others']:,.0f} other pairs"
    )
    return f"{said['seconds']:,.1f} s, peak {said['mb']:,.0f} MB (material {said['material_mb']:,.0f} MB), {result}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("searches", nargs="*", choices=[*SEARCHES, []])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--limit", type=float, default=1800, help="seconds after which a measurement is given up")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.one:
        print(json.dumps(measure_one(*json.loads(wanted.one))))
        return
    for search in wanted.searches or SEARCHES:
        for case in CASES[search]:
            for n in wanted.sizes:
                for tool in TOOLS[search]:
                    if tool == "touchstone" or "BENCH_PEERS" in os.environ:
                        also = f" ({case[0]:.0%} wrong, {'easy' if case[1] > 1 else 'hard'})" if case else ""
                        said = _in_a_process(search, tool, n, case, wanted.limit)
                        print(f"{search}{also} {n:,} {tool}: {said}", flush=True)


if __name__ == "__main__":
    main()
