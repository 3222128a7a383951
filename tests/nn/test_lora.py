import torch

from tests.nn.tiny import examples, shared
from touchstone.core.recipe import Lora
from touchstone.nn import lora
from touchstone.nn.families import blocks, classifier
from touchstone.nn.preprocess import preprocessor


def _model(family):
    base = shared(family)
    model = classifier(base, ("a", "b"))
    return model, preprocessor(base)(list(examples(base.task, 3).inputs))


def _corrected(model):
    return [parameter for name, parameter in model.named_parameters() if lora.is_low_rank(name)]


def test_starts_from_the_base_and_merging_keeps_the_function():
    for family in ("bert", "resnet"):
        model, batch = _model(family)
        names = set(model.state_dict())
        with torch.no_grad():
            before = model(**batch).logits
            lora.add(blocks(model)[-1][1], Lora(rank=2, alpha=4))
            torch.testing.assert_close(model(**batch).logits, before)
            for parameter in _corrected(model):
                parameter.normal_(std=0.3)
            changed = model(**batch).logits
            assert not torch.allclose(changed, before)
            lora.merge(model)
            torch.testing.assert_close(model(**batch).logits, changed)
        assert set(model.state_dict()) == names


def test_names_its_corrections_and_nothing_else():
    model, _ = _model("bert")
    lora.add(blocks(model)[-1][1], Lora(rank=2))
    assert {p.ndim for p in _corrected(model)} == {2}
    assert len(_corrected(model)) == 2 * sum(isinstance(m, torch.nn.Linear) for m in blocks(model)[-1][1].modules())
