"""What one pass over pictures found, kept so that a resumed run need not decode them again."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from touchstone.core.atomic import writing
from touchstone.dataset.inputs import Place
from touchstone.dataset.picture import GREY, MAX_BYTES, MAX_PIXELS, THUMB, PictureError, Print

Found = list[Print | PictureError]
_VERSION = f"3:{MAX_BYTES}:{MAX_PIXELS}:{THUMB}:{GREY}"


class Recall:
    """Results by the identity of every place: path, size and time of change, as build tools do it."""

    def __init__(self, home: Path, places: Sequence[Place]) -> None:
        state = hashlib.sha256(_VERSION.encode())
        for place in places:
            state.update(place.identity().encode("utf-8", "surrogatepass") + b"\n")
        self.path = home / "prints" / f"{state.hexdigest()[:32]}.npz"
        self.n = len(places)

    def load(self) -> Found | None:
        """What was found before; None where nothing usable is kept."""
        try:
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                digests, hashes, thumbs, greys = kept["digests"], kept["hashes"], kept["thumbs"], kept["greys"]
                kinds, reasons = kept["kinds"], kept["reasons"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        if len(kinds) != self.n:
            return None
        readable = iter(range(len(digests)))
        found: Found = []
        for kind, reason in zip(kinds.tolist(), reasons.tolist(), strict=True):
            if kind:
                found.append(PictureError(kind, reason))
            else:
                i = next(readable)
                found.append(Print(str(digests[i]), int(hashes[i, 0]), int(hashes[i, 1]), thumbs[i], greys[i]))
        return found

    def save(self, found: Found) -> None:
        """Keep what was found; a full disk costs only the next run's time."""
        prints = [one for one in found if isinstance(one, Print)]
        faults = [one if isinstance(one, PictureError) else None for one in found]
        try:
            with writing(self.path) as temporary, temporary.open("wb") as file:
                np.savez(
                    file,
                    digests=np.array([one.digest for one in prints], dtype=np.str_),
                    hashes=np.array([(one.hash, one.mirror_hash) for one in prints], np.uint64).reshape(-1, 2),
                    thumbs=np.array([one.thumb for one in prints], np.uint8).reshape(-1, THUMB, THUMB, 3),
                    greys=np.array([one.grey for one in prints], np.uint8).reshape(-1, GREY, GREY),
                    kinds=np.array(["" if one is None else one.kind for one in faults], dtype=np.str_),
                    reasons=np.array(["" if one is None else one.reason for one in faults], dtype=np.str_),
                )
        except OSError:
            return
