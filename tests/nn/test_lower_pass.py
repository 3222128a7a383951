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
    [one], [other] = few(batch), many(batch)
    np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-3, atol=1e-4)
    [fewer] = many({"pixel_values": batch["pixel_values"][:3]})
    torch.testing.assert_close(fewer, other[:3], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("expected", [10, 10_000])
@pytest.mark.parametrize("family", ["mobilenet_v2", "resnet", "vit"])
def test_lower_boundaries_are_kept_on_the_way(family, expected, tmp_path):
    base = shared(family)
    model = classifier(base, ("a", "b")).eval()
    batch = preprocessor(base)(list(examples(base.task, 5).inputs))
    both = open_lower(SplitModel(model, 2, batch), batch, expected, tmp_path, below=(1,))(batch)
    for boundary, found in zip((2, 1), both, strict=True):
        [alone] = open_lower(SplitModel(model, boundary, batch), batch, 10, tmp_path)(batch)
        np.testing.assert_allclose(found.numpy(), alone.numpy(), rtol=1e-3, atol=1e-4)


def test_transformers_stay_with_torch(tmp_path):
    base = shared("vit")
    model = classifier(base, ("a", "b"))
    batch = preprocessor(base)(list(examples(base.task, 3).inputs))
    open_lower(SplitModel(model, 2, batch), batch, 10_000, tmp_path)
    assert not is_convolutional(model) and not (tmp_path / "graphs").exists()
