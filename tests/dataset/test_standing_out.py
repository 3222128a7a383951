import numpy as np
import pytest

from touchstone.dataset.near_texts import near_texts
from touchstone.dataset.standing_out import standing_out

WORDS = np.array([f"{a}{b}{c}o" for a in "bdfgklmnprst" for b in "aeiu" for c in "bdfgklmnprst"])


def diverse(n: int = 800) -> list[str]:
    rng = np.random.default_rng(1)
    rare = 1.0 / (10 + np.arange(len(WORDS)))
    return [" ".join(rng.choice(WORDS, 7, replace=False, p=rare / rare.sum())) for _ in range(n)]


def changed(text: str, how: str) -> str:
    words = text.split()
    if how == "two words":
        words[1], words[4] = "entirely", "otherwise"
    edits = {"prefix": ["well", "hello", "there", *words], "suffix": [*words, "sent", "from", "my", "phone"]}
    return " ".join(edits.get(how, words))


# The shortest text of which a copy with two other words must be found has seven words.
@pytest.mark.parametrize("how", ["two words", "prefix", "suffix"])
def test_trips_on_an_edit_of_a_short_text_that_nothing_else_resembles(how: str) -> None:
    texts = diverse()
    copies = [changed(text, how) for text in texts[:20]]
    found = {(a, b) for a, b in near_texts([*texts, *copies])[0].tolist()}
    assert sum((i, len(texts) + i) in found for i in range(20)) >= 18
    assert all(b - a == len(texts) for a, b in found)


def test_stays_silent_where_many_ask_the_same() -> None:
    """Of questions that many people put alike, the second nearest would be a copy as well."""
    rng = np.random.default_rng(1)
    topics = [list(rng.choice(WORDS, 6, replace=False)) for _ in range(60)]
    texts = [" ".join([*rng.permutation(topic)[:5], *rng.choice(WORDS, 2)]) for topic in topics for _ in range(3)]
    words = [text.split() for text in texts]
    every = np.array([(i, j) for i in range(len(texts)) for j in range(i + 1, min(i + 3, len(texts)))])
    assert not standing_out(words, every, np.zeros((0, 2), np.int64)).any()


def test_common_words_are_no_evidence() -> None:
    texts = [f"{text} is it so" for text in diverse()]
    texts += ["how is it so", "why is it so my dear"]
    pairs = near_texts(texts)[0]
    assert not np.isin(pairs, [len(texts) - 2, len(texts) - 1]).any()


def test_few_texts_have_nothing_to_stand_out_from() -> None:
    words = [["one", "two", "three"], ["one", "two", "four"]]
    assert not standing_out(words, np.array([[0, 1]]), np.zeros((0, 2), np.int64)).any()
