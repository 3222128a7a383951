import dataclasses
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.nn.learnable import CLASSES, QUIET, data, make, tune
from tests.nn.tiny import shared
from touchstone.core.recipe import Lora, Recipe
from touchstone.nn import train as training
from touchstone.nn.assembly import TrainingData
from touchstone.nn.families import IMAGE, TEXT, blocks, classifier, head, parameter_depths
from touchstone.nn.job import lay_out
from touchstone.nn.tuned import read_weights

TOP = Recipe("top", layers=1, learning_rate=3e-3, epochs=6, batch_size=8, user=True)


def _accuracy(tuned, given):
    return (tuned.validation_probabilities.argmax(1) == given.validation.labels).mean()


@pytest.mark.parametrize("family", ["resnet", "mpnet"])
def test_top_blocks_learn_from_cached_activations(tmp_path, family):
    base = shared(family)
    given = data(base.task, 48)
    tuned = tune(base, tmp_path, replace(TOP, learning_rate=1e-2), given)
    assert tuned.cached
    assert _accuracy(tuned, given) >= 0.75
    assert tuned.log.validation_losses[-1] < tuned.log.validation_losses[0]
    assert len(tuned.log.step_losses) == len(tuned.log.update_ratios) == 36


def test_same_seed_gives_the_same_weights_and_another_does_not(tmp_path):
    base = shared("vit")
    first, again, other = (tune(base, tmp_path / str(i), TOP, seed=seed) for i, seed in enumerate((3, 3, 4)))
    np.testing.assert_array_equal(first.validation_probabilities, again.validation_probabilities)
    assert first.log == again.log
    assert not np.array_equal(first.validation_probabilities, other.validation_probabilities)


def test_order_of_training_examples_does_not_matter(tmp_path):
    base, given = shared("bert"), data(TEXT)
    turned = replace(given, train=given.train.take(np.arange(len(given.train))[::-1]))
    one, two = tune(base, tmp_path / "a", TOP, given), tune(base, tmp_path / "b", TOP, turned)
    np.testing.assert_array_equal(one.validation_probabilities, two.validation_probabilities)


def test_a_finished_training_is_read_and_not_repeated(tmp_path):
    base = shared("vit")
    first = tune(base, tmp_path, TOP)
    written = (first.folder / "weights.safetensors").stat().st_mtime_ns
    again = tune(base, tmp_path, TOP)
    assert (first.folder / "weights.safetensors").stat().st_mtime_ns == written
    for field in dataclasses.fields(first):
        np.testing.assert_array_equal(getattr(first, field.name), getattr(again, field.name))


def test_another_recipe_in_the_same_folder_is_trained_anew(tmp_path):
    base = shared("vit")
    first = tune(base, tmp_path, TOP)
    second = tune(base, tmp_path, replace(TOP, epochs=2))
    assert first.fingerprint != second.fingerprint and second.epochs == 2


def test_a_killed_training_leaves_no_folder(tmp_path):
    class Interrupting:
        def task(self, name, total):
            if name.startswith("top"):
                raise KeyboardInterrupt
            return QUIET.task(name, total)

        def say(self, line): ...

    with pytest.raises(KeyboardInterrupt):
        training.fine_tune(
            shared("vit"), TOP, data(IMAGE), seed=0, head=None, folder=tmp_path / "out", cache=tmp_path / "cache",
            progress=Interrupting(),
        )  # fmt: skip
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("layers", "lowest"), [("head", 3), (1, 2), (2, 1), ("all", 0)])
def test_only_the_thawed_layers_move(tmp_path, layers, lowest):
    base = shared("vit")
    tuned = tune(base, tmp_path, replace(TOP, layers=layers, epochs=1))
    model = classifier(base, CLASSES)
    top = len(blocks(model))
    assert tuned.boundary == lowest
    depths = parameter_depths(model)
    moved = {depths[name] for name in read_weights(tuned.folder)}
    assert moved == set(range(lowest, top + 1))


def test_normalisation_statistics_stay_those_of_the_base(tmp_path):
    tuned = tune(shared("mobilenet_v2"), tmp_path, replace(TOP, layers="all", epochs=1))
    assert not any("running" in name for name in read_weights(tuned.folder))


def test_predictions_are_those_of_the_loaded_model(tmp_path):
    base, given = shared("mpnet"), data(TEXT)
    tuned = tune(base, tmp_path, TOP, given)
    from touchstone.nn.preprocess import preprocessor

    with torch.no_grad():
        batch = preprocessor(base)(list(given.validation.inputs))
        whole = training.load_tuned(base, tuned.folder)(**batch).logits.softmax(1).numpy()
    through_cache = training.predict(base, tuned.folder, given.validation, cache=tmp_path / "cache", progress=QUIET)
    np.testing.assert_allclose(through_cache, whole, atol=2e-3)
    np.testing.assert_allclose(tuned.validation_probabilities, through_cache, atol=1e-6)


def test_predictions_keep_the_order_asked_for(tmp_path):
    base, given = shared("bert"), data(TEXT)
    tuned = tune(base, tmp_path, TOP, given)
    forth = training.predict(base, tuned.folder, given.validation, cache=tmp_path / "cache", progress=QUIET)
    turned = given.validation.take(np.arange(len(given.validation))[::-1])
    back = training.predict(base, tuned.folder, turned, cache=tmp_path / "cache", progress=QUIET)
    np.testing.assert_allclose(forth, back[::-1], atol=1e-6)


def test_seeds_and_recipes_share_activations(tmp_path):
    base = shared("vit")
    tune(base, tmp_path, TOP, seed=0)
    stores = sorted((tmp_path / "cache" / "activations").iterdir())
    second = tune(base, tmp_path, replace(TOP, name="other", learning_rate=1e-3), seed=1)
    assert sorted((tmp_path / "cache" / "activations").iterdir()) == stores
    assert second.cost.examples_through_backbone == 0


def test_lora_learns_and_leaves_a_plain_model(tmp_path):
    base, given = shared("bert"), data(TEXT, 48)
    recipe = Recipe(
        "lora", layers=2, learning_rate=2e-2, epochs=6, batch_size=8, lora=Lora(rank=4, alpha=8.0), user=True
    )
    tuned = tune(base, tmp_path, recipe, given)
    assert _accuracy(tuned, given) >= 0.8
    assert not any("parametrizations" in name for name in read_weights(tuned.folder))
    assert tuned.cost.trainable_parameters < 5000


def test_gradual_thawing_reaches_every_block_of_its_depth(tmp_path):
    base = shared("vit")
    tuned = tune(base, tmp_path, replace(TOP, layers=2, gradual=True, epochs=4))
    depths = parameter_depths(classifier(base, CLASSES))
    assert {depths[name] for name in read_weights(tuned.folder)} == {1, 2, 3}


def test_own_recipes_settle_their_rate_once_for_all_seeds(tmp_path):
    base = shared("vit")
    own = Recipe("own", layers=1, epochs=2, batch_size=8)
    first, second = tune(base, tmp_path, own, seed=0), tune(base, tmp_path, own, seed=1)
    assert len(list((tmp_path / "cache" / "decisions").iterdir())) == 1
    assert first.log.learning_rate == second.log.learning_rate <= 1.01 * 6e-5
    assert first.log.range_test and first.effort.configs_tried > 1


def test_own_recipes_keep_what_their_folds_answered_unseen(tmp_path):
    base, given = shared("resnet"), data(IMAGE, 48)
    own, users = (
        tune(base, tmp_path / "own", Recipe("top-1", layers=1), given),
        tune(base, tmp_path / "users", TOP, given),
    )
    digests, right, losses = zip(*own.cross_fitted, strict=True)
    assert sorted(digests) == sorted(given.train.digests)  # few examples: all five folds were run
    assert all((loss < np.log(2)) == answered for answered, loss in zip(right, losses, strict=True))
    assert tune(base, tmp_path / "own", Recipe("top-1", layers=1), given).cross_fitted == own.cross_fitted
    assert own.effort.selected_on == "validation and cross-fitting"
    assert users.cross_fitted == () and users.effort.selected_on == "validation"


def test_a_hundredfold_rate_wrecks_a_users_recipe(tmp_path):
    """No safety net: what the user wrote is what is trained."""
    base, given = shared("bert"), data(TEXT, 48)
    sane = tune(base, tmp_path, replace(TOP, name="sane", layers="all"), given)
    hot = tune(base, tmp_path, replace(TOP, name="hot", layers="all", learning_rate=0.5), given)
    assert hot.log.learning_rate == 0.5
    assert hot.final_losses.mean() > sane.final_losses.mean() + 0.2
    assert np.isfinite(hot.validation_probabilities).all()


def test_starts_from_the_probes_head_where_the_recipe_says_so(tmp_path):
    base, given = shared("vit"), data(IMAGE)
    size = head(classifier(base, CLASSES)).weight.shape

    class Start:
        weight = np.full(size, 0.25)
        bias = np.array([0.5, -0.5])

    bench = lay_out(base, TOP, given, seed=0, head=Start(), cache=tmp_path, progress=QUIET)
    np.testing.assert_allclose(head(bench.parts.model).weight.detach(), 0.25)
    at_random = lay_out(
        base, replace(TOP, probe_first=False), given, seed=0, head=Start(), cache=tmp_path, progress=QUIET
    )
    assert float(head(at_random.parts.model).weight.detach().std()) > 0


def test_imbalanced_classes_change_the_loss_of_own_recipes_alone(tmp_path):
    labels = np.r_[np.zeros(44), np.ones(4)]
    given = TrainingData(make(TEXT, 48, labels=labels), make(TEXT, 16, seed=1), CLASSES)
    base = shared("bert")
    assert tune(base, tmp_path, replace(TOP, user=False, name="own", epochs=1), given).adjusted
    assert not tune(base, tmp_path, replace(TOP, epochs=1), given).adjusted


def test_a_head_that_is_too_sure_is_cooled_and_a_users_is_left_as_it_is(tmp_path):
    base, given = shared("resnet"), data(IMAGE, 48)
    if len(given.validation.labels) < training.FEWEST:
        given = replace(given, validation=given.validation.take(np.arange(60) % len(given.validation)))
    plain = tune(base, tmp_path / "a", replace(TOP, learning_rate=1e-2, epochs=12), given)
    cooled = tune(base, tmp_path / "b", replace(TOP, learning_rate=1e-2, epochs=12, user=False), given)
    assert plain.temperature == 1.0
    assert cooled.temperature != 1.0
    logits = np.log(cooled.validation_probabilities) * cooled.temperature
    warm = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    rows = np.arange(len(warm))
    assert (warm.argmax(1) == cooled.validation_probabilities.argmax(1)).all()
    assert cooled.final_losses.mean() <= -np.log(warm[rows, given.validation.labels]).mean() + 1e-3
