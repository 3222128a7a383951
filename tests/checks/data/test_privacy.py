import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.checks.data.probing import desk, jpeg, pictures, scenes, topic_texts, written
from touchstone.checks.data.privacy import Privacy
from touchstone.core.finding import Finding, Severity, Status
from touchstone.dataset.model import Examples
from touchstone.dataset.personal import find_personal

PERSONAL = {
    "e-mail": "write to anna.berger@posteo.de please",
    "card number": "charged 4539 1488 0343 6467 twice",
    "bank account": "send it to DE89 3704 0044 0532 0130 00 today",
    "telephone number": "call me at +49 170 1234987 tonight",
    "social security number": "his number is 219-09-9999",
}
HARMLESS = (
    "order 4539148803436468 arrived", "we scored 3-2 at 10:45 on 2015-02-16", "mail info@shop.com or x@example.com",
    "version 1.2.3.4 of the tool costs 1,234,567.89", "call 1-800-433-7300 for help", "flight 1234 to gate 56", "@united hi there",
    "the reference is 9f86d081884c7d65", "DE89370400440532013001 is no account", "ratio 0.123456789012345",
    "write to customer.relations@shop.com or no-reply@shop.com", "the 2064 Supreme Court hearing",
)  # fmt: skip


def of(train: Examples) -> Finding:
    return next(one for one in Privacy().run(desk(train)) if one.subject == "train")


def texts_with(pieces: list[str], n: int = 300, **more: Any) -> Examples:
    words, labels = topic_texts(n)
    return written(labels, pieces + words[len(pieces) :], **more)


# The weakest fault that must trip is one piece that checks itself, or three that only look like it.
@pytest.mark.parametrize("kind", PERSONAL)
def test_trips_on_personal_data_in_texts(kind: str) -> None:
    finding = of(texts_with([PERSONAL[kind]] * 3))
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MAJOR)
    assert finding.details["by_kind"] == {kind: 3}
    assert finding.details["examples"] == ["t0", "t1", "t2"]


def test_one_card_number_is_enough_and_is_not_repeated_in_the_report() -> None:
    finding = of(texts_with([PERSONAL["card number"]]))
    assert finding.status is Status.FAIL
    assert "4539 1488 0343 6467" not in str(finding.details)


def test_trips_on_addresses_and_on_names_with_numbers() -> None:
    finding = of(
        texts_with(
            ["I live at 221 Baker Street, London", "My name is Anna Berger, 0170 1234987", "Hauptstraße 12 in Ulm"]
        )
    )
    assert finding.status is Status.FAIL
    assert {"street address", "name with a number"} <= set(finding.details["by_kind"])


@pytest.mark.parametrize("text", HARMLESS)
def test_stays_silent_on_what_only_looks_like_it(text: str) -> None:
    assert list(find_personal(text)) == []


def test_stays_silent_on_clean_texts_and_says_what_it_cannot_see() -> None:
    finding = of(texts_with(list(HARMLESS)))
    assert finding.status is Status.PASS and "names alone" in finding.statement
    assert finding.interval is not None and finding.interval.high < 0.02


def test_two_matches_of_a_mere_pattern_are_inconclusive() -> None:
    finding = of(texts_with([PERSONAL["telephone number"]], n=1000))
    assert finding.status is Status.INCONCLUSIVE and finding.details["examples"] == ["t0"]


def test_looks_at_columns_by_content_and_by_name() -> None:
    words, labels = topic_texts(60)
    names = tuple(f"Anna Berger{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(60))
    train = written(labels, words, columns={"patient_name": names, "shop": ("north",) * 60})
    finding = of(train)
    assert finding.status is Status.FAIL and finding.details["by_column"] == {"patient_name": 60}


def test_running_numbers_and_digests_in_a_column_are_no_cards() -> None:
    words, labels = topic_texts(400)
    rng = np.random.default_rng(0)
    marks = tuple("4" + "".join(map(str, rng.integers(0, 10, 15))) for _ in range(400))
    assert of(written(labels, words, columns={"id": marks})).status is Status.PASS


def located(image: Any) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return jpeg(image, exif=exif)


def owned(image: Any) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA430] = "Anna Berger"
    return jpeg(image, exif=exif)


def with_faces(image: Any) -> bytes:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><mwg-rs:Regions><mwg-rs:Type="Face"/></mwg-rs:Regions></x:xmpmeta>'
    with io.BytesIO() as buffer:
        image.save(buffer, "JPEG", xmp=xmp)
        return buffer.getvalue()


@pytest.mark.parametrize(
    ("save", "kind"), [(located, "place (GPS)"), (owned, "camera owner"), (with_faces, "marked faces")]
)
def test_trips_on_metadata_of_pictures(save: Any, kind: str) -> None:
    labels = np.arange(20) % 2
    train = pictures(scenes(labels), labels, lambda image, i: save(image) if i < 2 else jpeg(image))
    finding = of(train)
    assert finding.status is Status.FAIL and finding.details["by_kind"] == {kind: 2}


def test_stays_silent_on_plain_pictures() -> None:
    labels = np.arange(20) % 2
    assert of(pictures(scenes(labels), labels, lambda image, i: jpeg(image))).status is Status.PASS


def test_is_inconclusive_on_too_few_examples() -> None:
    finding = next(iter(Privacy().run(desk(written([0, 1], ["a b", "c d"])))))
    assert finding.interval is not None and finding.interval.high > 0.5, "two clean texts promise little"
