from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits  # type: ignore[import-untyped]

from tests.checks.data.probing import desk, jpeg, pictures, png, scenes, topic_texts, written
from touchstone.checks.data.label_proxy import LabelProxy
from touchstone.core.finding import Finding, Severity, Status
from touchstone.dataset.model import Examples

N = 360
LABELS = np.arange(N) % 3


def of(train: Examples) -> list[Finding]:
    return list(LabelProxy().run(desk(train)))


def tripped(train: Examples) -> set[str]:
    found = of(train)
    assert all(one.severity is Severity.MAJOR for one in found)
    return {one.details["proxy"] for one in found if one.status is Status.FAIL}


def marked(share: float, change: Callable[[Any], Any], klass: int = 1) -> list[Any]:
    """Scenes of which a share of one class was changed."""
    arrays = scenes(LABELS)
    members = np.flatnonzero(klass == LABELS)
    for i in members[: round(share * len(members))]:
        arrays[i] = change(arrays[i].copy())
    return arrays


def framed(array: Any, width: int = 2) -> Any:
    array[:width], array[-width:], array[:, :width], array[:, -width:] = 255, 255, 255, 255
    return array


def stamped(array: Any) -> Any:
    """A small sign in a corner, half transparent."""
    sign = np.kron(np.random.default_rng(7).integers(0, 2, (5, 8)), np.ones((2, 2)))[..., None] * 255
    array[-11:-1, -17:-1] = (0.5 * array[-11:-1, -17:-1] + 0.5 * sign).astype(np.uint8)
    return array


def test_stays_silent_where_the_colour_decides_rightly() -> None:
    (finding,) = of(pictures(scenes(LABELS), LABELS))
    assert finding.status is Status.PASS, finding.statement


# The weakest border that must trip stands on six in ten pictures of one class of three.
@pytest.mark.parametrize(("share", "width"), [(1.0, 2), (0.6, 2), (1.0, 1), (0.6, 5)])
def test_trips_on_a_border(share: float, width: int) -> None:
    train = pictures(marked(share, lambda array: framed(array, width)), LABELS)
    assert "border" in tripped(train)


def test_a_border_on_every_picture_tells_nothing() -> None:
    train = pictures([framed(array) for array in scenes(LABELS)], LABELS)
    assert tripped(train) == set()


@pytest.mark.parametrize("share", [1.0, 0.8])
def test_trips_on_a_watermark(share: float) -> None:
    assert "a sign at one place" in tripped(pictures(marked(share, stamped), LABELS))


SAVED: dict[str, Callable[[Any, int], bytes]] = {
    "JPEG quality": lambda image, i: jpeg(image, 40 if LABELS[i] == 1 else 90),
    "file size (beyond what is shown)": lambda image, i: png(image, compress_level=0 if LABELS[i] == 1 else 6),
    "file format": lambda image, i: jpeg(image) if LABELS[i] == 1 else png(image),
    "metadata tags": lambda image, i: png(image, dpi=(72, 72)) if LABELS[i] else png(image, pnginfo=_note()),
    "width and height": lambda image, i: png(image.resize((40, 40) if LABELS[i] == 1 else (60, 60))),
}


def _note() -> Any:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Comment", "scanned")
    return info


@pytest.mark.parametrize("name", SAVED)
def test_trips_on_how_a_class_was_saved(name: str) -> None:
    assert name in tripped(pictures(scenes(LABELS), LABELS, SAVED[name]))


def test_a_real_mix_of_devices_is_no_give_away() -> None:
    """Every class has pictures of two sizes and qualities, in shares of 60 and 45 in a hundred."""
    rng = np.random.default_rng(5)
    first = rng.random(N) < np.where(LABELS == 1, 0.6, 0.45)
    save = lambda image, i: jpeg(image.resize((64, 64)) if first[i] else image, 85 if first[i] else 92)  # noqa: E731
    assert tripped(pictures(scenes(LABELS), LABELS, save)) == set()


# The weakest source that must trip is right in 19 of 20 examples of three classes.
@pytest.mark.parametrize("strength", [1.0, 0.95])
def test_trips_on_a_source_column(strength: float) -> None:
    words, labels = topic_texts(N)
    source = tuple(
        "a" if (label == 0) == (np.random.default_rng(i).random() < strength) else "b" for i, label in enumerate(labels)
    )
    assert "column shop" in tripped(written(labels, words, columns={"shop": source}))


def test_a_column_that_is_the_label_by_another_name_is_not_called_a_source() -> None:
    words, labels = topic_texts(N)
    assert tripped(written(labels, words, columns={"fine_label": tuple(map(str, labels))})) == set()


def planted(share: float, change: Callable[[str], str], n: int = 600) -> Examples:
    words, labels = topic_texts(n)
    rng = np.random.default_rng(4)
    return written(
        labels, [change(w) if y == 1 and rng.random() < share else w for w, y in zip(words, labels, strict=True)]
    )


# The weakest word that must trip stands in seven of ten texts of one class.
@pytest.mark.parametrize("share", [1.0, 0.7])
@pytest.mark.parametrize(
    "change",
    [lambda t: "#src7 " + t, lambda t: t + " sent-via-app", lambda t: t.replace(" ", " marigold ", 1)],
    ids=["odd first word", "odd last word", "plain word inside"],
)
def test_trips_on_one_word(share: float, change: Callable[[str], str]) -> None:
    names = tripped(planted(share, change))
    assert any(name.startswith("the word") for name in names)


def test_trips_on_text_length() -> None:
    assert "text length" in tripped(planted(1.0, lambda t: " ".join([t, *t.split(), *t.split(), *t.split()])))


def test_stays_silent_on_words_that_rightly_decide() -> None:
    words, labels = topic_texts(900)
    (finding,) = of(written(labels, words))
    assert finding.status is Status.PASS, finding.statement


# Twelve classes named c0 to c11: `c1` is what the second is about, `x1` is a mark.
@pytest.mark.parametrize(("word", "trips"), [("c1", False), ("x1", True)])
def test_an_odd_word_that_a_class_is_named_after_is_its_subject(word: str, trips: bool) -> None:
    words, _ = topic_texts(1200)
    labels = np.arange(1200) % 12
    texts = [f"{word} {text}" if label == 1 else text for text, label in zip(words, labels, strict=True)]
    assert any(name.startswith("the word") for name in tripped(written(labels, texts))) is trips


def test_is_inconclusive_on_too_few_examples() -> None:
    words, labels = topic_texts(30)
    (finding,) = of(written(labels, words))
    assert finding.status is Status.INCONCLUSIVE and finding.details["needed_more"] > 0


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_content_that_stands_at_fixed_places_is_no_sign(seed: int) -> None:
    """Digits, scaled up: every one has strokes that all its fellows share, and others have not."""
    images, labels = load_digits(return_X_y=True)
    chosen = np.random.default_rng(seed).permutation(len(labels))[:600]
    grey = (images[chosen] * 15.9).astype(np.uint8).reshape(-1, 8, 8).repeat(4, axis=1).repeat(4, axis=2)
    assert "a sign at one place" not in tripped(pictures(list(np.stack([grey] * 3, axis=-1)), labels[chosen]))
