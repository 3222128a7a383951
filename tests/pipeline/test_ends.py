"""A head on a lower block ships as a shorter model, and sees there what the feature bank holds of that block."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.nn.tiny import IMAGE_FAMILIES, examples, shared
from touchstone.nn.export import export, reload_proof
from touchstone.nn.families import classifier, ends_early, head
from touchstone.nn.feature_graph import FeatureGraph
from touchstone.nn.preprocess import preprocessor
from touchstone.pipeline.ends import Ends

CLASSES = ("a", "b", "c")
SHORTENED = ("bert", "distilbert", "roberta", "xlm-roberta")


@pytest.mark.parametrize("family", SHORTENED)
def test_a_shorter_model_gives_its_head_what_the_bank_holds(family: str, tmp_path: Path) -> None:
    base = shared(family)
    inputs = list(examples(base.task, 8).inputs)  # type: ignore[call-overload]
    batch = preprocessor(base)(inputs)
    graph = FeatureGraph(classifier(base, CLASSES).eval())
    with torch.no_grad():
        held = dict(zip(graph.names, graph(batch["input_ids"], batch["attention_mask"]), strict=True))
    ends = Ends.of(base, graph.names)
    (block,) = ends.ends_at
    assert ends.depth(block) == 1 and ends.depth("penultimate") is None and ends.depth(ends.names[-1]) is None
    wanted = ends.seen({name: values.numpy() for name, values in held.items()})[block]

    short = classifier(base, CLASSES, depth=1)
    torch.nn.init.normal_(head(short).weight, std=0.5)
    met: list[torch.Tensor] = []
    hook = head(short).register_forward_pre_hook(lambda _, given: met.append(given[0]))
    with torch.no_grad():
        expected = short(**batch).logits.softmax(-1).numpy()
    hook.remove()
    np.testing.assert_allclose(met[0].numpy(), wanted, atol=1e-4)

    export(short, base, tmp_path / "model", CLASSES)
    assert reload_proof(tmp_path / "model", examples(base.task, 8), expected, base.task) < 1e-3
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config.get("num_hidden_layers", config.get("n_layers")) == 2  # the block, and the layer that takes the mean


@pytest.mark.parametrize("family", [*IMAGE_FAMILIES, "mpnet", "modernbert"])
def test_others_end_at_their_last_block_alone(family: str) -> None:
    assert not ends_early(shared(family))
    names = ("stem", "layer.0", "layer.1", "penultimate")
    assert Ends.of(shared(family), names).ends_at == ()
