"""The ladder's shape, its stopping rule and its choice."""

from touchstone.candidates.ladder import Shape, choose, ends, first_depth, later_epochs, rungs
from touchstone.stats.claims import Claim


def shape(smallest_class: int = 100, is_text: bool = False, n_parameters: int = 3_000_000) -> Shape:
    blocks = tuple(f"layer.{i}" for i in range(8))
    return Shape(blocks, is_text, n_parameters, smallest_class, {name: (i + 1) / 8 for i, name in enumerate(blocks)})


def test_few_examples_thaw_one_block_at_most() -> None:
    assert [recipe.layers for recipe in rungs(shape(smallest_class=19), {}, 0.01)] == [1]


def test_rungs_go_from_shallow_to_full_and_only_big_text_bases_get_low_rank() -> None:
    layers = [recipe.layers for recipe in rungs(shape(), {}, 0.01)]
    assert layers[-1] == "all"
    assert layers[:-1] == sorted(layers[:-1])  # type: ignore[type-var]
    assert rungs(shape(is_text=True, n_parameters=110_000_000), {}, 0.01)[-1].lora is not None


def test_the_first_rung_thaws_what_lies_above_the_shallowest_good_block() -> None:
    accuracies = {f"layer.{i}": 0.5 + 0.05 * i for i in range(6)} | {"layer.6": 0.75, "layer.7": 0.74}
    assert first_depth(shape(), accuracies, 0.02) == 2


NO_LOSS = Claim(0.0, 0.01, 1e9, 500, 1)


def test_climbing_stops_when_the_bound_on_the_gain_is_below_half_a_point() -> None:
    assert ends(Claim(0.01, 0.02, 1e9, 500, 1), NO_LOSS, 0.0) is None
    assert "half a point" in str(ends(Claim(-0.02, 0.005, 1e9, 5000, 1), NO_LOSS, 0.0))


def test_climbing_stops_after_a_rung_that_brought_nothing_that_shows_where_the_base_fits() -> None:
    little = Claim(0.004, 0.02, 1e9, 500, 1)
    assert "neither" in str(ends(little, NO_LOSS, 0.2))
    assert "neither" in str(ends(little, Claim(0.015, 0.01, 1e9, 500, 1), 0.2))
    assert ends(little, Claim(0.02, 0.01, 1e9, 500, 1), 0.2) is None, "log-loss gained beyond noise"
    assert ends(little, NO_LOSS, 0.01) is None, "the base has no lead"
    assert "neither" in str(ends(Claim(0.009, 0.02, 1e9, 115, 1), NO_LOSS, 0.2)), "one item of 115"
    assert ends(Claim(0.03, 0.02, 1e9, 115, 1), NO_LOSS, 0.2) is None


def test_deeper_rungs_take_the_first_ones_epochs_but_half_of_theirs_at_least() -> None:
    assert [later_epochs(share, 12) for share in (0.1, 0.5, 0.75, 1.0)] == [6, 6, 9, 12]


def test_the_probe_is_kept_unless_something_earns_its_cost() -> None:
    assert choose([0.80, 0.803], [0.5, 0.5]) == 0
    assert choose([0.80, 0.81, 0.83], [0.5, 0.5, 0.6]) == 2
    assert choose([0.80, 0.80], [0.5, 0.4]) == 1
