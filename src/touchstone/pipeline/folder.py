"""Which output folder a study goes to, and whether what stands there goes on, is shown, or makes room."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from touchstone.core import atomic, digest
from touchstone.core.errors import Fault, InputError
from touchstone.pipeline.home import made
from touchstone.pipeline.kin import STATE, Marks, ground, kin, marks_of
from touchstone.study.lock import to_mapping
from touchstone.study.model import Study


@dataclass(frozen=True, slots=True)
class RunFolder:
    """An output folder and how far the study in it has come."""

    path: Path
    marks: Marks
    finished: bool

    @property
    def cache(self) -> Path:
        return self.path / "cache"

    def kin(self) -> tuple[Path, ...]:
        """Folders of finished pieces that may be taken over from runs beside this one."""
        return () if self.marks.alone else kin(self.path, self.marks.ground)

    def begin(self) -> None:
        """Make the folder and write whose it is."""
        atomic.write_text(self.path / STATE, json.dumps(asdict(self.marks)))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else runs in this folder meanwhile."""
        lock = FileLock(made(self.cache, "name another folder with --out") / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise InputError(
                Fault(
                    str(self.path), "another process is running this study here", "wait for it, or give another --out"
                )
            ) from None
        try:
            yield
        finally:
            lock.release()


def choose(study: Study, verb: str, out: Path | None, fresh: bool) -> RunFolder:
    """Where this study runs: its own unfinished or finished folder, else a new one.

    Without ``out`` that is ``runs/NAME/`` beside the study file, then ``runs/NAME-2/`` and so on for a changed
    study. An ``out`` that holds another study's run is set aside as ``OUT.previous-1``.
    """
    marks = Marks(digest.of_data({"verb": verb, **to_mapping(study)}), fingerprint(study), ground(study))
    if out is not None:
        return _given(out, marks, fresh)
    root = study.folder / "runs"
    for number in count(1):
        path = root / (study.name if number == 1 else f"{study.name}-{number}")
        if not path.exists() or marks.same_run(marks_of(path)):
            return _going_on(path, marks, fresh)
    raise AssertionError("unreachable: count() does not end")


def _given(out: Path, marks: Marks, fresh: bool) -> RunFolder:
    found = marks_of(out)
    if found is None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            Fault(str(out), "the folder holds something other than a run", "name an empty or new folder with --out")
        )
    if found is not None and not marks.same_run(found):
        out.rename(next(place for n in count(1) if not (place := out.with_name(f"{out.name}.previous-{n}")).exists()))
    return _going_on(out, marks, fresh)


def _going_on(path: Path, marks: Marks, fresh: bool) -> RunFolder:
    """A new folder, or one that holds this study's run already."""
    if fresh and path.exists():
        _empty(path)
    before = marks_of(path)
    alone = fresh or (before is not None and before.alone)
    return RunFolder(path, replace(marks, alone=alone), finished=(path / "evidence.json").exists())


def _empty(path: Path) -> None:
    for item in path.iterdir():
        if item.is_dir():
            shutil.rmtree(item)
        else:
            item.unlink()


def fingerprint(study: Study) -> str:
    """A cheap mark of the data and base files: names, sizes and times of change, nothing read."""
    data = study.data
    sources = [data.train, data.validation, data.test, data.unlabelled, *data.shift.values()]
    paths = [path for source in sources if source for path in (source.path, source.files) if path]
    paths += [base.path for base in study.base_models if base.path]
    paths += [study.adapted.path] if study.adapted else []
    return digest.of_data([list(_stats(path)) for path in paths])


def _stats(path: Path) -> Iterator[list[Any]]:
    if path.is_file():
        stat = path.stat()
        yield [path.name, stat.st_size, stat.st_mtime_ns]
    for folder, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(files):
            file = Path(folder) / name
            stat = file.stat()
            yield [str(file.relative_to(path)), stat.st_size, stat.st_mtime_ns]
