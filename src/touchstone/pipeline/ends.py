"""At which of its blocks a base can end, so that a head there can ship: the blocks above it are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from touchstone.nn.base_model import Base


@dataclass(frozen=True)
class Ends:
    """The blocks of one base, and what a head sees of them."""

    names: tuple[str, ...]
    """Stem and blocks, bottom to top."""
    ends_at: tuple[str, ...]
    """Blocks that are not the last one and that the model can end at."""

    @classmethod
    def of(cls, base: Base, names: tuple[str, ...]) -> Self:
        """``names`` are those of the feature bank, bottom to top, the penultimate feature last."""
        from touchstone.nn.families import ends_early

        return cls(names[:-1], names[1:-2] if ends_early(base) else ())

    def seen(self, blocks: Mapping[str, Any]) -> Mapping[str, Any]:
        """Features of the bank as a head would see them: of a block that a model can end at layer-normalised."""
        return {name: _normalised(values) if name in self.ends_at else values for name, values in blocks.items()}

    def depth(self, block: str) -> int | None:
        """How many blocks above the stem are kept where a model ends at this one; None where it keeps all."""
        return self.names.index(block) if block in self.ends_at else None


def _normalised(values: Any) -> Any:
    """Layer normalisation without weights, (n, d), as in :class:`touchstone.nn.pooling.MeanToken`."""
    import numpy as np

    plain = np.asarray(values, dtype=np.float32)
    centred = plain - plain.mean(axis=1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=1, keepdims=True))
