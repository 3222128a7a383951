"""What can ship of a frozen base: the head that was fitted on the bank's features gives the exported network's answers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tests.nn.tiny import examples, shared
from touchstone.core.progress import Silent
from touchstone.nn.base_model import Base
from touchstone.nn.families import TEXT, classifier
from touchstone.nn.feature_graph import FeatureGraph
from touchstone.nn.preprocess import preprocessor
from touchstone.pipeline.ends import Ends
from touchstone.pipeline.journal import Journal
from touchstone.pipeline.outputs import build
from touchstone.pipeline.pieces import Pieces
from touchstone.pipeline.references import linear_probe


def features(base: Base, inputs: list[str]) -> dict[str, Any]:
    graph = FeatureGraph(classifier(base, ("a", "b")))
    batch: Any = preprocessor(base)(inputs)
    with torch.no_grad():
        return {
            name: values.numpy()
            for name, values in zip(graph.names, graph(batch["input_ids"], batch["attention_mask"]), strict=True)
        }


def arena(base: Base, folder: Path, told_by: str) -> Any:
    """240 sentences whose class is told by one direction of the mean of the first block, or of the last one."""
    inputs = list(examples(TEXT, 240).inputs)  # type: ignore[call-overload]
    blocks = features(base, inputs)
    seen = Ends.of(base, tuple(blocks)).seen(blocks)[told_by]
    value = (seen - seen.mean(0)) @ np.random.default_rng(3).standard_normal(seen.shape[1])
    labels = (value > np.median(value)).astype(np.int64)
    parts = {"train": slice(0, 160), "validation": slice(160, 200), "test": slice(200, 240)}
    rows = {name: {block: values[part] for block, values in blocks.items()} for name, part in parts.items()}
    journal = Journal(None, Silent(), None)
    return SimpleNamespace(
        base=base, groups=None, data=SimpleNamespace(train=Labelled(labels[:160]), classes=("a", "b")),
        bench=SimpleNamespace(seed=0, progress=Silent(), journal=journal, pieces=Pieces(folder / "pieces", journal)),
        train_blocks=rows.pop("train"), split_blocks=rows, splits={"validation": range(40), "test": range(40)},
        rests_on={"data": "d", "base": base.digest, "task": TEXT}, labels=labels, inputs=inputs,
    )  # fmt: skip


@pytest.mark.parametrize(("told_by", "depth"), [("encoder.layer.0", 1), ("penultimate", None)])
def test_the_network_that_ships_answers_as_the_head_on_its_features(
    told_by: str, depth: int | None, tmp_path: Path
) -> None:
    made = arena(shared("bert"), tmp_path, told_by)
    probe, frozen, _ = linear_probe(made)
    assert frozen.candidate.details["blocks_kept"] == depth
    assert (frozen is probe) is probe.candidate.shippable
    network = build(made, frozen)
    batch: Any = preprocessor(made.base)(made.inputs[200:])
    with torch.no_grad():
        answers = network(**batch).logits.softmax(-1).numpy()
    np.testing.assert_allclose(answers, frozen.shipped["test"], atol=1e-3)
    assert (answers.argmax(1) == made.labels[200:]).mean() > 0.8


class Labelled:
    """As many training examples as there are labels."""

    def __init__(self, labels: Any) -> None:
        self.labels = labels

    def __len__(self) -> int:
        return len(self.labels)
