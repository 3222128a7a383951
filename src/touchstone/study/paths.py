"""A plan made from paths alone: what ``audit`` looks at where nobody has written a study."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from touchstone.core.errors import Fault, StudyError
from touchstone.study.draft import Look, look
from touchstone.study.model import Columns, Data, Source, Study, TaskName

_SPLITS = {1: ("train",), 2: ("train", "test"), 3: ("train", "validation", "test")}


def study_of_paths(
    paths: Sequence[Path],
    *,
    task: str | None = None,
    columns: Columns | None = None,
    slices: Sequence[str] = (),
    unlabelled: Path | None = None,
) -> Study:
    """A study of data without base models.

    Parameters
    ----------
    paths : one set (or a folder of splits), or train and test, or train, validation and test, in this order
    task : guessed from the data where None

    Raises
    ------
    StudyError
        for more than three paths, a path that does not exist, or an unknown task
    DatasetError
        where the kind of data cannot be told
    """
    _refuse(paths, task, unlabelled)
    named = columns or Columns()
    looks = [look(path, named) for path in paths]
    sources = _sources(paths, looks)
    data = Data(
        train=sources["train"], validation=sources.get("validation"), test=sources.get("test"),
        unlabelled=None if unlabelled is None else _source(unlabelled, look(unlabelled)),
        columns=named, slices=tuple(slices),
    )  # fmt: skip
    name = paths[0].resolve().name.partition(".")[0] or "data"
    study = Study(name=name, task=_task(task, looks[0]), data=data)
    if named.input is None and study.task == looks[0].task and looks[0].by_content:
        return replace(study, data=replace(data, columns=replace(named, input=looks[0].input)))
    return study


def _refuse(paths: Sequence[Path], task: str | None, unlabelled: Path | None) -> None:
    faults = []
    if len(paths) > max(_SPLITS):
        mend = "give one set, or train and test, or train, validation and test"
        faults.append(Fault("", f"{len(paths)} paths were given", mend))
    named = [*paths, *([unlabelled] if unlabelled else [])]
    faults += [Fault(str(path), "no such path", "mend the path") for path in named if not path.exists()]
    if task is not None and task not in get_args(TaskName):
        faults.append(Fault("--task", f"no such task: {task}", f"one of {', '.join(get_args(TaskName))}"))
    if faults:
        raise StudyError(faults)


def _task(asked: str | None, seen: Look) -> TaskName:
    wanted = asked or seen.task
    return next(name for name in get_args(TaskName) if name == wanted)


def _sources(paths: Sequence[Path], looks: Sequence[Look]) -> dict[str, Source]:
    if len(paths) == 1:
        return {split: _at(written) for split, written in looks[0].sources.items()}
    pairs = zip(_SPLITS[len(paths)], paths, looks, strict=True)
    return {split: _source(path, seen) for split, path, seen in pairs}


def _source(path: Path, seen: Look) -> Source:
    """A path given for one split; a folder that holds a table and its pictures stands for both."""
    return _at(seen.sources["train"]) if set(seen.sources) == {"train"} else Source(path, None, str(path))


def _at(written: Sequence[str]) -> Source:
    if len(written) == 1:
        return Source(Path(written[0]), None, written[0])
    # spelt as the study file spells a table with its files
    spelt = json.dumps({"table": written[0], "files": written[1]})
    return Source(Path(written[0]), Path(written[1]), spelt)
