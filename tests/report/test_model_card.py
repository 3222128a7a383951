"""The model card: metadata that Hugging Face's own parser takes, and nothing invented."""

from __future__ import annotations

import re
from typing import Any

import pytest
from huggingface_hub import ModelCard
from markdown_it import MarkdownIt

from tests.report import told_runs
from tests.report.hostile_runs import PAYLOADS, hostile
from tests.report.told_runs import ToldRun
from touchstone.report.gallery import Gallery
from touchstone.report.model_card import render


def text_of(run: ToldRun) -> str:
    return render(run.evidence, run.gallery, run.study)


def card_of(run: ToldRun) -> ModelCard:
    return ModelCard(text_of(run))


@pytest.mark.parametrize(
    "make", [told_runs.ship, told_runs.hold, told_runs.reject, hostile, lambda: hostile(steer=True)]
)
def test_the_hub_s_own_parser_takes_it(make: Any) -> None:
    data = card_of(make()).data.to_dict()
    assert data["library_name"] == "transformers"
    assert "touchstone" in data["tags"]


def test_results_come_back_through_the_parser_with_their_values() -> None:
    card = card_of(told_runs.ship())
    results = {result.metric_name: result for result in card.data.eval_results}
    macro = results["Macro F1 (95 % interval 0.894 to 0.926)"]
    assert (macro.metric_type, macro.metric_value, macro.task_type, macro.dataset_split) == (
        "f1",
        0.91,
        "image-classification",
        "test",
    )
    assert card.data.model_name == "flowers"
    assert card.data.pipeline_tag == "image-classification"
    assert ModelCard(str(card)).data.to_dict() == card.data.to_dict()


def test_a_base_from_the_hub_is_named_and_a_local_folder_is_not_made_into_one() -> None:
    run = told_runs.ship()
    assert "base_model" not in card_of(run).data.to_dict()
    base = "sentence-transformers/all-MiniLM-L6-v2@" + "a" * 40
    run.evidence["chosen"]["base"] = base
    data = card_of(run).data.to_dict()
    assert data["base_model"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert data["base_model_relation"] == "finetune"


@pytest.mark.parametrize(("stated", "head"), [
    ("Apache-2.0", {"license": "apache-2.0"}),
    ("cc-by-nc-4.0", {"license": "cc-by-nc-4.0"}),
    ("Acme Model Licence v3", {"license": "other", "license_name": "acme-model-licence-v3"}),
    (None, {}),
])  # fmt: skip
def test_the_licence_is_one_the_hub_knows_or_other_or_absent(stated: str | None, head: dict[str, str]) -> None:
    run = told_runs.ship()
    run.study["base_models"][0]["license"] = stated
    data = card_of(run).data.to_dict()
    assert {key: value for key, value in data.items() if key.startswith("license")} == head


def test_nothing_is_claimed_after_an_early_stop() -> None:
    card = card_of(told_runs.reject())
    assert card.data.eval_results is None
    assert "No model was chosen." in card.text
    assert "from_pretrained" not in card.text


def test_limits_name_what_failed_what_is_open_and_what_was_not_measured() -> None:
    limits = text_of(told_runs.hold()).split("## Limits and open questions")[1].split("##")[0]
    assert "Knowledge kept: Fine-tuned is 4.6 points below the frozen base" in limits
    assert "Whether macro F1 reaches 0.75" in limits
    assert "Not measured: No hidden triggers" in limits


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_becomes_markup_or_metadata(payload: str) -> None:
    run = told_runs.hold()
    run.study["intended_use"]["purpose"] = run.evidence["study"]["name"] = run.evidence["comparison"][0]["base"] = (
        payload
    )
    run.evidence["findings"][5]["statement"] = payload
    text = text_of(run)
    body = ModelCard(text).text
    page = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").render(body)
    assert set(re.findall(r"<(\w+)", page)) <= {
        "h1",
        "h2",
        "p",
        "ul",
        "li",
        "strong",
        "code",
        "pre",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    assert ModelCard(text).data.to_dict().get("license") != "evil"
    assert page.count("<h1>") == 1


def test_equal_runs_give_equal_bytes_and_little_is_enough() -> None:
    assert text_of(told_runs.ship()) == text_of(told_runs.ship())
    assert ModelCard(render(told_runs.ship().evidence, Gallery(), {})).data.to_dict()["library_name"] == "transformers"


def test_the_model_that_was_assessed_is_loaded_from_where_it_lies() -> None:
    run = told_runs.ship()
    assert 'from_pretrained("model")' in text_of(run)
    run.evidence["chosen"]["path"] = "/srv/adapted"
    assert 'from_pretrained("/srv/adapted")' in text_of(run)


def test_lines_that_are_joined_go_on_in_small_letters_and_recipes_are_explained() -> None:
    text = text_of(told_runs.ship())
    assert not re.search(r"; (Cannot|Better|Not)", text)
    assert "top-3: top 3 blocks thawed; full: the whole network thawed." in text
    run = told_runs.ship()
    run.study["adapt"] = {"recipes": [{"name": "full"}, {"name": "top-3"}]}
    assert "thawed" not in text_of(run)
