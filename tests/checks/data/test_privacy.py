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


MORE_PERSONAL = (
    # cards as they are planted in tests of such tools, in every issuer's way of writing
    ("card number", "my card is 4111 1111 1111 1111 please"), ("card number", "it was 5555555555554444"),
    ("card number", "charge 378282246310005 exp 04/27"), ("card number", "3782 822463 10005"),
    ("card number", "5105-1051-0510-5100"), ("card number", "3056 930902 5904"), ("card number", "doe,6011111111111117,12/27"),
    ("card number", "visa 4222222222222"), ("card number", "2223003122003222"),
    ("telephone number", "appelez 06 12 34 56 78"), ("telephone number", "my number is 0612345789"),
    ("telephone number", "01 44 23 17 09"), ("telephone number", "telefono 91 123 45 67"),
    ("telephone number", "mobile 98765 43210"), ("telephone number", "please call me 9148445695"),
    ("telephone number", "Tel. +49 30 901820"), ("telephone number", "Maria Gonzalez 555-201-3344"),
    ("e-mail", "jane dot doe at gmail dot com"), ("e-mail", "jane [at] posteo [dot] de"),
    ("e-mail", "my email is jane at gmail dot com"), ("e-mail", "email: JOHN@COMPANY.IO"),
    ("national identity number", "my NI number is QQ 12 34 56 C"), ("national identity number", "national insurance AB123456C"),
    ("national identity number", "DNI 12345678Z"), ("national identity number", "NIE: X1234567L"),
    ("national identity number", "529.982.247-25"), ("national identity number", "CPF 52998224725"),
    ("national identity number", "codice fiscale RSSMRA85T10A562S"), ("national identity number", "aadhaar 2341 2341 2346"),
    ("national identity number", "BSN 111222333"), ("national identity number", "NHS number 943 476 5919"),
    ("national identity number", "AHV 756.9217.0769.85"), ("passport number", "passport number C01X00T47"),
    ("date of birth", "John Smith born 12/03/1985"), ("date of birth", "DOB: 12 March 1985"),
    ("date of birth", "I was born on March 3rd, 1985"), ("number plate", "plate B-MW 1234"),
    ("IP address", "IP address 81.2.69.142"), ("IP address", "logged in from 81.2.69.142"),
    ("street address", "Calle Mayor 5, 28013 Madrid"), ("street address", "12 rue de Rivoli, 75001 Paris"),
    ("street address", "rue de Rivoli 12, 75001 Paris"), ("post-office box", "PO Box 123, Leeds LS1 4AP"),
)  # fmt: skip
MORE_HARMLESS = (
    "order 4111 1111 1111 1112 shipped", "gtin 4006381333931", "http://x.com/status/4111111111111111", "0000000000000000",
    "commit 4111111111111111abc", "order 12345678 on 2021-03-04 at 12:45", "version 10.2.14.3 of build 20210304",
    "isbn 978-3-16-148410-0", "isbn 0716703440", "ISBN 0-306-40615-2", "tracking 1Z999AA10123456784", "1 2 3 4 5 6 7 8 9 10",
    "timestamp 1614849302", "2021-03-04 12:33:21 2021-04-04", "coordinates 52.520008, 13.404954", "part no 4111-2222-333",
    "sku 0612345789", "order number 0612345789", "the draw was 05 12 23 34 45", "between 65000 75000 people", "phone case 12 34",
    "call me at 10:30 on 12-03-2021", "mobile 12.03.2021", "phone 0800 1234567", "call 1800 433 7300", "00800 5555 8000",
    "look at amazon dot com", "buy it at example dot com", "write to x [at] example [dot] com", "order 9434765919",
    "NHS 9434765918", "DNI 12345678A", "12345678Z", "BSN 111222334", "aadhaar 2341 2341 2347", "529.982.247-26",
    "RSSMRA85T10A562T", "756.9217.0769.86", "passport 2021 fees 100", "plate A4 and 20 forks", "license plate holder 2 pack",
    "from 192.168.10.23", "IP 10.0.0.1", "the firmware 81.2.69.142 is out", "born in 1985", "Gauss was born on 30 April 1777",
    "Solar Awards 2014 via Tecsol", "via Twitter 2014", "Calle Ocho festival", "12 place Names", "a box 123 of pens",
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


@pytest.mark.parametrize(("kind", "text"), MORE_PERSONAL)
def test_recognises_each_kind_once(kind: str, text: str) -> None:
    assert [piece.kind for piece in find_personal(text)] == [kind]


@pytest.mark.parametrize("text", MORE_HARMLESS)
def test_stays_silent_on_numbers_that_point_at_nobody(text: str) -> None:
    assert list(find_personal(text)) == []


@pytest.mark.parametrize(
    "piece", ["NHS", "a at ", "phone ", "4111 ", "tel (1 ", "Calle A", "born ", "a.b at c dot com "]
)
def test_a_text_made_to_keep_the_patterns_busy_is_soon_read(piece: str) -> None:
    import time

    began = time.monotonic()
    list(find_personal(piece * 10_000 + " " * 50_000 + "1"))
    assert time.monotonic() - began < 5


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
