"""Every check of the catalogue has plain words."""

from __future__ import annotations

import pytest

from touchstone.core import catalogue
from touchstone.report import glossary
from touchstone.report.phrases import (
    _PHRASES,
    base_name,
    candidate_name,
    is_frozen_head,
    phrase,
    recipe_words,
    statement_of,
)
from touchstone.report.wording import clip, sentence


def test_plain_words_and_catalogue_name_the_same_checks() -> None:
    assert set(_PHRASES) == {row.id for row in catalogue.BUILT_IN}


def test_phrases_fit_into_the_headline_s_sentences() -> None:
    for words in _PHRASES.values():
        assert not words.failed.endswith(".") and words.failed[0].islower()
        assert words.open.split()[0] in ("whether", "how", "where", "what", "which", "who")


@pytest.mark.parametrize(
    ("candidate", "words"),
    [
        ("last-layer@base", "Frozen base with a new last layer"),
        ("first-1@base", "Frozen base, its first block alone, with a new last layer"),
        ("first-4@base", "Frozen base, its first 4 blocks alone, with a new last layer"),
    ],
)
def test_heads_on_the_frozen_base_are_told_in_plain_words(candidate: str, words: str) -> None:
    assert candidate_name(candidate) == words and is_frozen_head(candidate)
    assert not is_frozen_head("first-aid@base") and candidate_name("first-aid@base") == "first-aid"


def test_a_check_of_another_package_speaks_for_itself() -> None:
    assert phrase("acme.tone").failed == "“acme.tone” failed"


def test_only_words_that_are_used_are_explained() -> None:
    assert [word for word, _ in glossary.used_in("Macro F1 of the linear probe")] == ["linear probe", "macro F1"]


def test_long_names_keep_both_ends() -> None:
    assert clip("a" * 50 + "/img_0001.jpg", 30) == "a" * 19 + "…" + "g_0001.jpg"
    assert len(clip("x" * 1000, 90)) == 90


def test_a_sentence_begins_large_unless_it_begins_with_a_name() -> None:
    assert sentence("three seeds agree") == "Three seeds agree."
    assert sentence("resnet18 is ahead") == "resnet18 is ahead."
    assert sentence("models/a is ahead!") == "models/a is ahead!"
    assert sentence("touchstone approve runs/a") == "touchstone approve runs/a."


def test_a_base_in_short_is_the_end_of_its_path_or_its_name_on_the_hub() -> None:
    assert base_name("/data/models/mobilenetv2/") == "mobilenetv2"
    assert base_name("C:\\models\\mobilenetv2") == "mobilenetv2"
    assert base_name("org/name@" + "a" * 40) == "org/name"
    assert base_name(None) == ""


@pytest.mark.parametrize(("said", "told"), [
    ("Met: latency ms p50 is 6.6 ms, but latency_ms_p50 <= 7 was asked.",
     "Met: median response time (ms) is 6.6 ms, but median response time (ms) <= 7 was asked."),
    ("Missed: size mb is 0.988 (between 0.988 and 0.988), but size mb <= 0.5 was asked.",
     "Missed: size in MB is 0.988, but size in MB <= 0.5 was asked."),
    ("Met: macro F1 is 0.9 (between 0.8 and 1.0).", "Met: macro F1 is 0.9 (between 0.8 and 1.0)."),
])  # fmt: skip
def test_a_statement_names_metrics_in_words_and_no_interval_that_is_a_point(said: str, told: str) -> None:
    assert statement_of({"statement": said}) == told


@pytest.mark.parametrize(("name", "words"), [
    ("top-1@b", "top block thawed"), ("top-1+soup@b", "top block thawed, mean of the seeds' weights"),
    ("top-6-gradual", "top 6 blocks thawed, one after the other"), ("full", "the whole network thawed"), ("long60@b", ""), ("linear-probe", ""),
])  # fmt: skip
def test_built_in_recipes_are_explained(name: str, words: str) -> None:
    assert recipe_words(name, {"adapt": {"recipes": "auto"}}) == words
    assert recipe_words(name, {"adapt": {"recipes": [{"name": name.split("@")[0].split("+")[0]}]}}) == ""
