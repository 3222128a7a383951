"""How many changed copies of your own pictures the audit finds: `python -m benchmarks.copies SOURCE...`.

A SOURCE is a folder or a zip of pictures, or `digits` (scikit-learn's). In each of its sets of up to 1,500 pictures 30
copies of every kind are planted. A pair that is neither planted nor found without the plants is counted as another one.
"""

from __future__ import annotations

import argparse
import random
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from benchmarks.faults.families.copies_of_pictures import ALL, changed
from touchstone.dataset.near_pictures import near_prints
from touchstone.dataset.picture import SUFFIXES, PictureError, Print, decode, fingerprint

MOST, EACH = 1500, 30
MORE = {
    "cropped and mirrored": lambda picture, rng: ImageOps.mirror(changed(picture, "cropped", rng)),
    "quarter turn": lambda picture, rng: picture.transpose(Image.Transpose.ROTATE_90),
    "upside down": lambda picture, rng: picture.transpose(Image.Transpose.ROTATE_180),
    "quarter turn, recompressed": lambda picture, rng: changed(
        picture.transpose(Image.Transpose.ROTATE_270), "recompressed", rng
    ),
}
Pairs = set[tuple[int, int]]


def pictures(source: str) -> list[Image.Image]:
    """Up to 1,500 pictures, drawn at random; what cannot be read is left out."""
    rng = random.Random(0)
    if source == "digits":
        from sklearn.datasets import load_digits

        return [
            Image.fromarray((one * 15.9).astype(np.uint8)).convert("RGB")
            for one in rng.sample(list(load_digits().images), MOST)
        ]
    if Path(source).is_dir():
        found = sorted(path for path in Path(source).rglob("*") if path.suffix.lower() in SUFFIXES)
        return _readable(path.read_bytes() for path in rng.sample(found, min(MOST, len(found))))
    with zipfile.ZipFile(source) as archive:
        names = sorted(name for name in archive.namelist() if Path(name).suffix.lower() in SUFFIXES)
        return _readable(archive.read(name) for name in rng.sample(names, min(MOST, len(names))))


def _readable(contents: Iterable[bytes]) -> list[Image.Image]:
    read = []
    for data in contents:
        try:
            read.append(decode(data))
        except PictureError:
            continue
    return read


def found_among(prints: list[Print]) -> Pairs:
    """Pairs of equal or nearly equal pictures, the smaller index first."""
    pairs = {(int(a), int(b)) for a, b in near_prints(prints)[0]}
    same: dict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(prints):
        same[one.digest].append(index)
    return pairs | {(rows[0], other) for rows in same.values() for other in rows[1:]}


def graded(originals: list[Image.Image]) -> tuple[dict[str, float], int, int, float]:
    """Share found of every kind, other pairs, all pairs, seconds of the processor for the search with the plants."""
    rng, ways = np.random.default_rng(0), (*ALL, *MORE)
    prints = [fingerprint(picture) for picture in originals]
    planted = [(way, (EACH * k + i) % len(originals)) for k, way in enumerate(ways) for i in range(EACH)]
    clean = found_among(prints)
    for way, row in planted:
        copy = MORE[way](originals[row], rng) if way in MORE else changed(originals[row], way, rng)
        prints.append(fingerprint(copy))
    started = time.process_time()
    pairs = found_among(prints)
    seconds = time.process_time() - started
    source = [*range(len(originals)), *(row for _, row in planted)]
    others = {(a, b) for a, b in pairs if source[a] != source[b] and tuple(sorted((source[a], source[b]))) not in clean}
    caught = defaultdict(list)
    for place, (way, row) in enumerate(planted, len(originals)):
        caught[way].append((row, place) in pairs)
    return {way: float(np.mean(hits)) for way, hits in caught.items()}, len(others), len(pairs), seconds


def main() -> None:
    """Grade every source and print one line for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.copies", description=__doc__)
    parser.add_argument("source", nargs="+", help="a folder or a zip of pictures, or `digits`")
    for source in parser.parse_args().source:
        originals = pictures(source)
        shares, others, all_pairs, seconds = graded(originals)
        width, height = originals[0].size
        print(
            f"{source}: {len(originals):,} pictures, the first of {width} x {height}; found {np.mean([*shares.values()]):.1%}, "
            f"{others} other of {all_pairs} pairs, {seconds:.1f} s"
        )  # fmt: skip
        print("   " + ", ".join(f"{way} {share:.0%}" for way, share in shares.items()), flush=True)


if __name__ == "__main__":
    main()
