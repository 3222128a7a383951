"""How large a network is, counted in weights."""

from __future__ import annotations

from touchstone.checks.context import Context
from touchstone.supply.safetensors_header import read_header


def base_weights(context: Context, base: str | None) -> int | None:
    """Numbers in the vetted weight files of a base model; None where no vetted copy with weights is at hand."""
    seen = next((one for one in context.vetted if one.written == base and one.role == "base"), None)
    if seen is None or seen.copy is None:
        return None
    files = sorted(seen.copy.folder.glob("*.safetensors"))
    return sum(tensor.size for file in files for tensor in read_header(file).tensors) or None


def in_words(n: int) -> str:
    """A count to two or three digits: ``27 thousand``, ``1.3 million``.

    Examples
    --------
    >>> in_words(27342), in_words(239830), in_words(1_340_000), in_words(486)
    ('27 thousand', '240 thousand', '1.3 million', '486')
    """
    for size, name in ((10**9, "billion"), (10**6, "million"), (10**3, "thousand")):
        if n >= size:
            share = n / size
            return f"{share:.1f} {name}" if share < 10 else f"{share:,.0f} {name}"
    return str(n)
