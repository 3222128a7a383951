import pytest
import torch

from tests.nn.tiny import IMAGE_FAMILIES, TEXT_FAMILIES, examples, shared
from touchstone.nn.families import IMAGE, blocks, classifier
from touchstone.nn.preprocess import preprocessor
from touchstone.nn.split import HIDDEN, SplitError, SplitModel, evaluating


def _model_and_batch(family, n=3):
    base = shared(family)
    model = classifier(base, ("a", "b", "c"))
    some = examples(base.task, n, seed=5)
    return model, preprocessor(base)([some.inputs[row] for row in range(n)])


@pytest.mark.parametrize("family", [*IMAGE_FAMILIES, *TEXT_FAMILIES])
def test_upper_of_lower_is_the_whole_model_at_every_boundary(family):
    model, batch = _model_and_batch(family)
    with torch.no_grad():
        whole = model(**batch).logits
        for boundary in range(1, len(blocks(model)) + 1):
            split = SplitModel(model, boundary, batch)
            beside = {name: value for name, value in batch.items() if name != "pixel_values"}
            parts = split.upper({**beside, HIDDEN: split.lower(batch)[0]})
            torch.testing.assert_close(parts, whole, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("family", ["mobilenet_v2", "bert"])
def test_upper_part_does_not_run_the_lower_blocks(family):
    model, batch = _model_and_batch(family)
    split = SplitModel(model, 2, batch)
    hidden = split.lower(batch)[0]
    with torch.no_grad():
        for parameter in blocks(model)[1][1].parameters():
            parameter.fill_(float("nan"))
        beside = {name: value for name, value in batch.items() if name != "pixel_values"}
        assert torch.isfinite(split.upper({**beside, HIDDEN: hidden})).all()


def test_model_runs_whole_again_after_its_parts_have_run():
    model, batch = _model_and_batch("vit")
    with torch.no_grad():
        before = model(**batch).logits
        split = SplitModel(model, 2, batch)
        split.upper({HIDDEN: split.lower(batch)[0]})
        torch.testing.assert_close(model(**batch).logits, before, rtol=0, atol=0)


def test_gradients_reach_the_upper_blocks_alone():
    model, batch = _model_and_batch("vit")
    split = SplitModel(model, 2, batch)
    with torch.no_grad():
        hidden = split.lower(batch)[0]
    split.upper({HIDDEN: hidden}).sum().backward()
    assert all(p.grad is None for p in blocks(model)[1][1].parameters())
    assert all(p.grad is not None for p in blocks(model)[2][1].parameters())


def test_refuses_a_model_that_looks_back_below_the_cut():
    model, batch = _model_and_batch("vit")
    top = blocks(model)[-1][1]
    seen = []
    blocks(model)[0][1].register_forward_hook(lambda part, args, output: seen.append(output))
    top.register_forward_hook(lambda part, args, output: output + 5 * seen[-1])
    with pytest.raises(SplitError, match="block 2"):
        SplitModel(model, 2, batch)


def test_evaluating_gives_every_module_its_mode_back():
    model, _ = _model_and_batch("vit")
    blocks(model)[-1][1].train()
    with evaluating(model):
        assert not any(part.training for part in model.modules())
    assert blocks(model)[-1][1].training and not blocks(model)[0][1].training
    assert shared("vit").task == IMAGE
