from __future__ import annotations

import pytest

from tests.dataset.conftest import sentence
from touchstone.dataset.near_texts import near_texts


def found(texts: list[str]) -> set[tuple[int, int]]:
    return {(int(a), int(b)) for a, b in near_texts(texts)[0]}


def test_finds_small_changes_of_wording_and_nothing_else() -> None:
    texts = [sentence(seed) for seed in range(400)]
    changed = [text.rsplit(" ", 1)[0] + "!" for text in texts[:100]]
    assert found(texts + changed) == {(i, 400 + i) for i in range(100)}


def test_a_long_text_quoted_whole_is_a_copy() -> None:
    text = sentence(1, 20)
    assert found([text, "they said: " + text + " and I agree", sentence(2, 20)]) == {(0, 1)}


def test_a_template_alone_makes_no_copy() -> None:
    head = "dear sir or madam, thank you for your message of last week about "
    texts = [head + sentence(seed, 2) for seed in range(300)]
    assert len(found(texts)) < 15


def test_texts_too_short_for_a_shingle_do_not_fail() -> None:
    assert found(["a", "b", "", "ab"]) == set()
    assert found([]) == set()


def test_among_ten_thousand_texts_of_few_words_only_the_copies_are_found() -> None:
    texts = [sentence(seed, 10) for seed in range(10_000)]
    copies = {(i, 10_000 + i) for i in range(20)}
    assert {(i, j) for i, j in found([*texts, *(texts[i].upper() for i in range(20))]) if j >= 10_000} == copies


def test_a_text_of_a_megabyte_is_compared_by_its_beginning() -> None:
    long = " ".join(sentence(seed) for seed in range(12_000))
    assert found([long, long + " more", sentence(3)]) == {(0, 1)}


CHANGES = {
    "two other words": lambda words: [*words[:3], "really", *words[4:9], "perhaps", *words[10:]],
    "halves swapped": lambda words: words[len(words) // 2 :] + words[: len(words) // 2],
    "a slip of the finger": lambda words: [
        words[0],
        words[1][0] + words[1][2] + words[1][1] + words[1][3:],
        *words[2:],
    ],
    "a prefix": lambda words: ["fwd", "from", "me", *words],
}


@pytest.mark.parametrize("change", CHANGES)
def test_finds_edits_of_longer_texts(change: str) -> None:
    texts = [sentence(seed, 18) for seed in range(200)]
    changed = [" ".join(CHANGES[change](text.split())) for text in texts[:60]]
    hits = found(texts + changed)
    assert len(hits & {(i, 200 + i) for i in range(60)}) >= 54
    assert len(hits) <= 60


def test_short_questions_that_differ_in_the_word_that_matters_are_no_copies() -> None:
    things = ["dollars", "euros", "pounds", "francs", "crowns", "rupees", "yen", "pesos"]
    texts = [f"what is the rate for {a} in {b} today" for a in things for b in things if a != b]
    assert not found(texts)


def test_messages_that_differ_in_a_number_are_no_copies() -> None:
    head, tail = "dear customer, your order", "has left our house and arrives soon"
    assert not found([f"{head} {number} of one {sentence(number % 9, 1)} {tail}" for number in range(10_000, 10_300)])
    assert not found([f"{sentence(i // 20, 1)} number {i}" for i in range(300)])
