"""Which sources a study names, read one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from touchstone.core.errors import DatasetError, Fault
from touchstone.dataset.arrow import saved_splits
from touchstone.dataset.raw import Raw
from touchstone.dataset.source import read_source

if TYPE_CHECKING:
    from touchstone.study.model import Source, Study

_SAVED = {
    "train": ("train",), "validation": ("validation", "valid", "val", "dev"), "test": ("test",),
}  # fmt: skip


def gather(study: Study) -> tuple[dict[str, Raw], list[str]]:
    """Every source as raw examples by split name (train, validation, test, shift sets, unlabelled), and notes.

    A saved dataset of several splits given as ``train`` also fills the splits the study does not name.
    """
    sources, notes = _sources(study)
    raws: dict[str, Raw] = {}
    faults: list[Fault] = []
    for name, source in sources.items():
        try:
            labelled = name != "unlabelled"
            raws[name] = read_source(source, study.task, study.data.columns, name, labelled=labelled)
        except DatasetError as exc:
            faults += exc.faults
    if faults:
        raise DatasetError(list(dict.fromkeys(faults)))
    _refuse_unknown_slices(study, raws["train"])
    return raws, notes


def _sources(study: Study) -> tuple[dict[str, Source], list[str]]:
    data = study.data
    named = {"train": data.train, "validation": data.validation, "test": data.test, **data.shift,
             "unlabelled": data.unlabelled}  # fmt: skip
    sources = {name: source for name, source in named.items() if source is not None}
    notes: list[str] = []
    saved = saved_splits(data.train.path)
    if saved:
        for name, spellings in _SAVED.items():
            found = next((saved[word] for word in spellings if word in saved), None)
            if found is not None and (name == "train" or name not in sources):
                sources[name] = replace(data.train, path=found)
                if name != "train":
                    notes.append(f"{name}: the split {found.name!r} of the saved dataset was taken")
        if "train" not in saved:
            mend = f"set data.train to one of its splits: {', '.join(sorted(saved))}"
            raise DatasetError(Fault(str(data.train.path), "a saved dataset without a split 'train'", mend))
    for name, source in list(sources.items()):
        if name != "train" and source.path != data.train.path:
            splits = saved_splits(source.path)
            if len(splits) == 1:
                sources[name] = replace(source, path=next(iter(splits.values())))
    ordered = [name for name in ("train", "validation", "test", *data.shift, "unlabelled") if name in sources]
    return {name: sources[name] for name in ordered}, notes


def _refuse_unknown_slices(study: Study, train: Raw) -> None:
    """A slice that is no column of train cannot have been meant."""
    known = ", ".join(train.columns)
    has = f"its further columns are {known}" if known else "it has no further columns"
    where, mend = str(study.data.train.path), f"{has}; mend data.slices"
    wrong = [name for name in study.data.slices if name not in train.columns]
    if wrong:
        raise DatasetError([Fault(where, f"no column {name!r} to slice by", mend) for name in wrong])
