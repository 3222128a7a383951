import numpy as np
import pytest
import torch

from tests.nn.tiny import examples, shared
from touchstone.nn.families import classifier
from touchstone.nn.lower_pass import is_convolutional, open_lower
from touchstone.nn.preprocess import preprocessor
from touchstone.nn.split import SplitModel


@pytest.mark.parametrize("family", ["mobilenet_v2"])
def test_both_engines_give_the_same_activations(family, tmp_path):
    base = shared(family)
    model = classifier(base, ("a", "b"))
    batch = preprocessor(base)(list(examples(base.task, 5).inputs))
    split = SplitModel(model, 4, batch)
    few, many = (open_lower(split, batch, expected, tmp_path) for expected in (10, 10_000))
    assert len(list((tmp_path / "graphs").iterdir())) == 1
    np.testing.assert_allclose(few(batch).numpy(), many(batch).numpy(), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(many({"pixel_values": batch["pixel_values"][:3]}), many(batch)[:3], rtol=1e-4, atol=1e-5)


def test_transformers_stay_with_torch(tmp_path):
    base = shared("vit")
    model = classifier(base, ("a", "b"))
    batch = preprocessor(base)(list(examples(base.task, 3).inputs))
    open_lower(SplitModel(model, 2, batch), batch, 10_000, tmp_path)
    assert not is_convolutional(model) and not (tmp_path / "graphs").exists()
