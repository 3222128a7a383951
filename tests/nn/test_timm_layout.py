"""Stem, blocks and head are found by their paths, and tried without numbers; on toy networks, without timm."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from touchstone.nn.timm_layout import Layout, NoLayout, follow, layout, pattern, resembles


class Toy(nn.Module):
    """Like a ResNet of timm: convolution, pooling, two stages of one block, a linear classifier."""

    def __init__(self, stages: str = "layer", turned: bool = False, head: nn.Module | None = None) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.stages = tuple(f"{stages}{number}" for number in (1, 2))
        for name in self.stages:
            setattr(self, name, nn.Sequential(nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4))))
        self.fc = head or nn.Linear(4, 2)
        self.turned = turned

    def get_classifier(self) -> nn.Module:
        return self.fc

    def forward(self, pixel_values: torch.Tensor) -> Any:
        x = self.pool(self.conv(pixel_values))
        for name in reversed(self.stages) if self.turned else self.stages:
            x = getattr(self, name)(x)
        return self.fc(x.mean((2, 3)))


def _followed(model: Toy) -> None:
    chain = [part for name, part in model.named_modules() if pattern("layer*.*").match(name)]
    follow(model, [model.pool, *chain], model.fc, (16, 16))


def test_the_stem_is_what_stands_before_the_first_block() -> None:
    assert layout(Toy()) == Layout("pool", "layer*.*", "fc", channels_last=False)


def test_a_star_stands_for_a_number_alone() -> None:
    assert pattern("blocks.*.*").match("blocks.10.2") and not pattern("blocks.*.*").match("blocks.1.norm1")
    assert not pattern("blocks.*").match("blocks.1.2") and not pattern("s*.b*").match("stem.b1")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Toy(stages="part"), "no chain of blocks"),
        (Toy(head=nn.Conv2d(4, 2, 1)), "not one linear layer"),
        (Toy(head=nn.Linear(4, 2, bias=False)), "not one linear layer"),
        (nn.Linear(3, 2), "not one linear layer"),
    ],
)
def test_what_has_no_blocks_or_another_head_has_no_layout(model: nn.Module, said: str) -> None:
    with pytest.raises(NoLayout, match=said):
        layout(model)


def test_blocks_that_run_as_listed_are_followed_and_others_are_not() -> None:
    with torch.device("meta"):
        _followed(Toy())
        with pytest.raises(NoLayout, match="one after another"):
            _followed(Toy(turned=True))
        wide = Toy()
        wide.conv = nn.Conv2d(3, 4, 31, padding=15)
        with pytest.raises(NoLayout, match="outside of its blocks"):
            _followed(wide)
        narrow = Toy(head=nn.Linear(5, 2))
        with pytest.raises(NoLayout, match="does not run on pictures of 16 x 16"):
            _followed(narrow)


def test_habits_of_training_are_told_from_normalisation_and_size() -> None:
    with torch.device("meta"):
        plain = Toy()
        for name in plain.stages:
            getattr(plain, name)[0][1] = nn.Identity()
        assert resembles(Toy(), (64, 64), fixed=False) == "resnet"
        assert resembles(plain, (64, 64), fixed=False) == "convnext"
        assert resembles(Toy(), (64, 64), fixed=True) == "vit"
