from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.supply.small_models import CARD
from touchstone.supply.card import parse
from touchstone.supply.documents import Documents

TEMPLATE = """---
library_name: transformers
---
# Model Card for Model ID

<!-- Provide a quick summary of what the model is/does. -->

## Bias, Risks, and Limitations

[More Information Needed]

### Recommendations

## Training Details

### Training Data

<!-- This should link to a Dataset Card -->

[More Information Needed]
"""
CONFIG = '{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}'


def card(text: str | None, config: str = CONFIG, name: str = "README.md"):  # type: ignore[no-untyped-def]
    return parse(Documents({"config.json": config} | ({} if text is None else {name: text})))


def test_a_full_card_tells_data_and_limits() -> None:
    found = card(CARD)
    assert found.training_data == "Trained on 3,000 photographs of tools taken by the authors in 2024."
    assert found.limits == "It confuses pliers with tongs and fails in the dark."
    assert not found.is_empty


@pytest.mark.parametrize(
    "text",
    [None, "", "---\n---\n", "# Title\n\n## Limitations\n", "   \n\n", "<!-- hello there, this is hidden text -->"],
)
def test_an_absent_or_empty_card_is_empty(text: str | None) -> None:
    found = card(text)
    assert found.is_empty
    assert found.training_data is None
    assert found.limits is None


def test_a_template_nobody_filled_in_tells_nothing() -> None:
    found = card(TEMPLATE)
    assert found.training_data is None
    assert found.limits is None


def test_prose_without_headings_is_read_too() -> None:
    found = card("This model was trained on ImageNet-1k at 224 pixels. It should not be used for medical images.")
    assert "ImageNet-1k" in str(found.training_data)
    assert "medical" in str(found.limits)


@pytest.mark.parametrize(
    "sentence",
    [
        "It does not work on photographs.",
        "The model will not generalise to other cameras.",
        "It fails in the dark.",
        "It performs poorly on long texts.",
        "Not designed for medical use.",
    ],
)
def test_a_limit_in_plain_words_is_told(sentence: str) -> None:
    assert card(f"# A model\n\nTrained on characters. {sentence}\n").limits


@pytest.mark.parametrize("sentence", ["It works well.", "Accuracy is 0.91 on the test set.", "Use it for anything."])
def test_praise_is_no_limit(sentence: str) -> None:
    assert not card(f"# A model\n\nTrained on characters. {sentence}\n").limits


def test_data_sets_of_the_head_count_as_told() -> None:
    assert card("---\ndatasets: [imagenet-1k]\n---\n").training_data == "imagenet-1k"


@pytest.mark.parametrize("name", ["README.md", "readme.md", "model_card.md", "Model_Card.MD"])
def test_usual_names_are_found(name: str) -> None:
    assert card(CARD, name=name).file == name


def test_fields_are_verified_claimed_contradicted_or_missing() -> None:
    head = "---\nlicense: mit\nlibrary_name: transformers\npipeline_tag: image-classification\nlanguage: en\n---\n"
    found = parse(Documents({"README.md": head, "config.json": CONFIG}), "Apache-2.0")
    assert found["license"].state == "contradicted"
    assert found["library_name"].state == "verified"
    assert found["pipeline_tag"].state == "contradicted"
    assert found["language"].state == "claimed"
    assert found["datasets"].state == "missing"
    assert parse(Documents({"README.md": head}), "MIT")["license"].state == "verified"


def test_a_license_called_other_goes_by_its_name() -> None:
    assert card("---\nlicense: other\nlicense_name: qwen-research\n---\n").licenses == ("qwen-research",)
    assert card("---\nlicense: other\n---\n").licenses == ("other",)


@pytest.mark.parametrize(
    "head",
    [
        "a: &x [1]\nb: *x",
        "a: !!python/object/apply:os.system [true]",
        "a: [" * 40,
        "- just\n- a list",
        "a: b: c",
        "license: mit\x00",
        "x: " + "9" * 5000 + "\n" + "y: 1_2:3:4",
    ],
)
def test_a_head_that_is_no_plain_yaml_is_a_fault_and_the_text_is_still_read(head: str) -> None:
    found = card(f"---\n{head}\n---\n{CARD.split('---')[2]}")
    assert found.limits is not None
    assert found.licenses == ()


@given(st.text(max_size=400))
def test_any_text_is_parsed(text: str) -> None:
    found = card(text)
    assert all(len(field.value) <= 1000 for field in found.fields)
    card("---\n" + text + "\n---\n" + text, config=text)
