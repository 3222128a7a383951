"""Every check of the catalogue has plain words."""

from __future__ import annotations

from touchstone.core import catalogue
from touchstone.report import glossary
from touchstone.report.phrases import _PHRASES, base_name, phrase
from touchstone.report.wording import clip, sentence


def test_plain_words_and_catalogue_name_the_same_checks() -> None:
    assert set(_PHRASES) == {row.id for row in catalogue.BUILT_IN}


def test_phrases_fit_into_the_headline_s_sentences() -> None:
    for words in _PHRASES.values():
        assert not words.failed.endswith(".") and words.failed[0].islower()
        assert words.open.split()[0] in ("whether", "how", "where", "what", "which", "who")


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
