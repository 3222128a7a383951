"""Labels that cannot be used: missing, of a class seen once, or unknown to training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from touchstone.core.errors import DatasetError, Fault
from touchstone.dataset.content import Content
from touchstone.dataset.raw import Raw

FEW = 10
"""Classes up to which it is examples that are missing, and beyond which the labels are probably no classes."""


def screen(raws: dict[str, Raw], contents: dict[str, Content], where: str) -> tuple[str, ...]:
    """Set aside examples whose label cannot be used; give the classes that training knows, in order.

    Raises
    ------
    DatasetError
        where fewer than two classes remain
    """
    for name, raw in raws.items():
        if raw.labelled:
            missing = {i: ("unlabelled", "no label") for i, one in enumerate(raw.labels) if one is None}
            _set_aside(raw, contents, name, missing)
    train = raws["train"]
    counts = Counter(train.labels)
    once = {label for label, count in counts.items() if count == 1}
    seen = {i: ("class_seen_once", f"the only example of {one!r}") for i, one in enumerate(train.labels) if one in once}
    if len(counts) - len(once) < 2:
        raise DatasetError(_too_few(counts, train, where))
    _set_aside(train, contents, "train", seen)
    classes = class_order([label for label in set(train.labels) if label is not None])
    known = set(classes)
    for name, raw in raws.items():
        if raw.labelled and name != "train":
            unknown = {
                i: ("class_not_in_training", f"training has no usable example of {one!r}")
                for i, one in enumerate(raw.labels)
                if one not in known
            }
            _set_aside(raw, contents, name, unknown)
            if name in ("validation", "test") and not raw.names:
                what = f"no example of {name} has a label that training knows ({', '.join(classes[:5])} ...)"
                raise DatasetError(Fault("", what, "check that both use the same names of classes"))
    return classes


def forget_classes(raws: dict[str, Raw], contents: dict[str, Content], late: set[str]) -> tuple[str, ...]:
    """Set aside classes that appear only after training ends; give the classes that remain."""
    for name, raw in raws.items():
        gone = {
            i: ("class_not_in_training", f"training, which ends earlier, has no example of {one!r}")
            for i, one in enumerate(raw.labels)
            if one in late
        }
        _set_aside(raw, contents, name, gone)
    remaining = Counter(raws["train"].labels)
    if len(remaining) < 2:
        raise DatasetError(_too_few(remaining, raws["train"], ""))
    return class_order([label for label in remaining if label is not None])


def class_order(labels: Sequence[str]) -> tuple[str, ...]:
    """Classes in their lasting order: as numbers where all are whole numbers, else as words."""
    if all(label.lstrip("-").isdecimal() for label in labels):
        return tuple(sorted(labels, key=lambda label: (int(label), label)))
    return tuple(sorted(labels))


def _too_few(counts: Counter[str | None], train: Raw, where: str) -> Fault:
    classes = sorted(str(label) for label in counts)
    lost = train.unreadable[0] if train.unreadable else None
    beside = (
        ""
        if lost is None
        else f" ({len(train.unreadable):,} could not be used, the first {lost.example}: {lost.reason})"
    )
    if len(classes) == 1:
        mend = "a classifier needs two; check the labels"
        return Fault(where, f"only one class in train ({classes[0]!r}){beside}", mend)
    if not classes:
        return Fault(where, f"no labelled example in train{beside}", "check the labels")
    what = f"of {len(classes):,} classes in train fewer than two are seen twice{beside}"
    if len(classes) <= FEW:
        return Fault(where, what, "give at least two examples of each class, better twenty")
    return Fault(where, what, "is the label column the right one? It may hold a name or a number of each example")


def _set_aside(raw: Raw, contents: dict[str, Content], name: str, gone: dict[int, tuple[str, str]]) -> None:
    if not gone:
        return
    for i, (kind, reason) in gone.items():
        raw.set_aside(raw.names[i], kind, reason)
    kept = [i for i in range(len(raw.names)) if i not in gone]
    raw.keep(kept)
    content = contents[name]
    contents[name] = Content(
        tuple(content.digests[i] for i in kept),
        None if content.hashes is None else content.hashes[kept],
        None if content.thumbs is None else content.thumbs[kept],
        None if content.greys is None else content.greys[kept],
    )
