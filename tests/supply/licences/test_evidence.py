from __future__ import annotations

import pytest

from tests.supply.small_models import known_text
from touchstone.supply.card import parse
from touchstone.supply.documents import Documents
from touchstone.supply.licences.evidence import Evidence, gather


def found(declared: str | None = None, card: str | None = None, **texts: str) -> Evidence:
    papers = dict(texts) | ({} if card is None else {"README.md": f"---\nlicense: {card}\n---\n# x"})
    documents = Documents({name.replace("_", "-"): text for name, text in papers.items()})
    return gather(documents, parse(documents), declared)


def test_the_text_is_stronger_than_the_card_and_the_card_than_the_study() -> None:
    assert (found("mit", "mit", LICENSE=known_text("MIT")).expression, found("mit", "mit").kind) == ("MIT", "card")
    assert found("mit").kind == "study"
    assert found().expression is None


@pytest.mark.parametrize(
    ("declared", "card", "text"),
    [
        ("mit", "apache-2.0", None),
        ("cc-by-nc-4.0", None, "MIT"),
        (None, "cc-by-nc-4.0", "MIT"),
        ("Apache-2.0", "other", None),
    ],
)
def test_two_that_disagree_leave_a_doubt(declared: str | None, card: str | None, text: str | None) -> None:
    texts = {"LICENSE": known_text(text)} if text else {}
    assert found(declared, card, **texts).doubt


@pytest.mark.parametrize(
    ("declared", "card", "text"),
    [
        ("Apache-2.0", "apache-2.0", "Apache-2.0"),
        ("GPL-3.0-or-later", "gpl-3.0", "GPL-3.0-only"),
        (None, "other", "LicenseRef-Llama-2"),
        ("llama2", None, "LicenseRef-Llama-2"),
        ("MIT OR Apache-2.0", "(Apache-2.0 OR MIT)", None),
    ],
)
def test_spellings_of_one_licence_agree(declared: str | None, card: str | None, text: str | None) -> None:
    texts = {"LICENSE": known_text(text)} if text else {}
    assert found(declared, card, **texts).doubt == ""


def test_a_text_that_is_not_known_or_was_altered_is_a_doubt() -> None:
    assert "no licence text" in found("mit", LICENSE="You may do what we say.").doubt
    assert "non commercial" in found("mit", LICENSE=known_text("MIT") + "\nNon commercial use only.").doubt


def test_several_texts_apply_together() -> None:
    both = found(LICENSE_MIT=known_text("MIT"), LICENSE_APACHE=known_text("Apache-2.0"))
    assert both.expression == "Apache-2.0 AND MIT"


def test_an_spdx_line_or_a_bare_name_counts_as_text() -> None:
    assert found(LICENSE="SPDX-License-Identifier: CC-BY-NC-4.0\n").expression == "CC-BY-NC-4.0"
    assert found(LICENSE="Apache-2.0\n").expression == "Apache-2.0"
