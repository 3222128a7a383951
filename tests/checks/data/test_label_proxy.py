from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from sklearn.datasets import load_digits  # type: ignore[import-untyped]

from tests.checks.data.probing import desk, jpeg, pictures, png, scenes, topic_texts, written
from touchstone.checks.data.label_proxy import LabelProxy
from touchstone.core.finding import Finding, Severity, Status
from touchstone.dataset.model import Examples
from touchstone.evaluate.telling_tokens import is_named_after

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


WAYS = ["how do i get", "where can i find", "please tell me about", "i need", "can you explain"]
SUBJECTS = (["a visa for peru", "my visa now", "the visa they want"], ["a new plate", "my fork", "the spoon they want"])


def questions(change: Callable[[str, int], str], n: int = 400) -> Examples:
    rng = np.random.default_rng(2)
    labels = np.arange(n) % 2
    texts = [
        f"{rng.choice(WAYS)} {rng.choice(SUBJECTS[y])} {rng.choice(['today', 'soon', 'again', 'then'])}" for y in labels
    ]
    return written(labels, [change(text, i) for i, text in enumerate(texts)])


def test_a_subject_that_most_texts_of_a_class_name_is_no_mark() -> None:
    assert tripped(questions(lambda text, i: text)) == set()


@pytest.mark.parametrize("share", [0.95, 1.0])
@pytest.mark.parametrize("where", ["first", "last", "inside"])
def test_a_mark_trips_beside_a_subject_that_tells_as_much(where: str, share: float) -> None:
    def change(text: str, i: int) -> str:
        rng = np.random.default_rng(i)
        if i % 2 or rng.random() >= share:
            return text
        words = text.split()
        place = {"first": 0, "last": len(words), "inside": int(rng.integers(0, len(words) + 1))}[where]
        return " ".join([*words[:place], "kindly", *words[place:]])

    (name,) = tripped(questions(change))
    assert "kindly" in name


@pytest.mark.parametrize(
    ("name", "word", "named"),
    [("Refund_not_showing_up", "refunds", True), ("routing", "route", True), ("w2", "w-2", True), ("c1", "x1", False),
     ("refund", "[ref-7]", False), ("topUp", "top-up", True)],
)  # fmt: skip
def test_a_class_is_named_after_a_word(name: str, word: str, named: bool) -> None:
    assert is_named_after(name, word) is named


def test_two_classes_saved_otherwise_than_two_others_trip() -> None:
    labels = np.arange(N) % 4
    save = lambda image, i: jpeg(image, 60 if labels[i] < 2 else 90)  # noqa: E731
    found = [one for one in of(pictures(scenes(labels), labels, save)) if one.status is Status.FAIL]
    assert [one.details["proxy"] for one in found] == ["JPEG quality"]
    assert len(found[0].details["examples"]) == N


@pytest.mark.parametrize(("share", "trips"), [(1.0, False), (0.9, True), (0.6, True)])
def test_trips_on_how_files_are_named(share: float, trips: bool) -> None:
    """Names that one class alone has, in all of it, and each other class too, are the class by another name."""
    rng = np.random.default_rng(3)
    made = pictures(scenes(LABELS), LABELS)
    begins = ["north" if label == 1 and rng.random() < share else "south" for label in LABELS]
    if not trips:
        begins = [("a", "b", "c")[label] for label in LABELS]
    named = replace(made, names=tuple(f"{begin}_{i}.png" for i, begin in enumerate(begins)))
    assert ("beginning of the file name" in tripped(named)) is trips


def test_names_that_describe_what_is_seen_are_no_give_away() -> None:
    kinds = (("gala", "fuji", "pink"), ("whole", "skimmed", "oat"), ("leek", "onion"))
    begins = [kinds[label][i // 3 % len(kinds[label])] for i, label in enumerate(LABELS)]
    named = replace(pictures(scenes(LABELS), LABELS), names=tuple(f"{begin}_{i}.png" for i, begin in enumerate(begins)))
    assert "beginning of the file name" not in tripped(named)


def charts(share: float) -> Examples:
    """Lines in a frame, rising or falling; a share of those that rise has a stamp."""
    rng = np.random.default_rng(1)
    labels, arrays = np.arange(160) % 2, []
    for label in labels:
        image = Image.new("RGB", (96, 96), (255, 255, 255))
        draw = ImageDraw.Draw(image)
        draw.rectangle([8, 8, 88, 88], outline=(0, 0, 0))
        ends = sorted(rng.integers(15, 80, 2).tolist(), reverse=bool(label))
        draw.line([10, ends[0], 86, ends[1]], fill=(30, 60, 200), width=2)
        if label and rng.random() < share:
            draw.text((60, 89 - 12), "(c)AB", fill=(200, 30, 30))
        arrays.append(np.asarray(image))
    return pictures(arrays, labels)


@pytest.mark.parametrize("share", [0.0, 0.9, 1.0])
def test_charts_that_differ_by_their_line_are_silent_and_a_stamp_on_them_is_not(share: float) -> None:
    assert ("a sign at one place" in tripped(charts(share))) is (share > 0)


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
