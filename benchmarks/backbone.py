"""The backbone pass of the feature bank against what a careful user would write with transformers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.material import pictures, text_base, texts, vision_base
from benchmarks.ratio import Ratio, alternate
from touchstone.core.progress import Silent
from touchstone.dataset.model import Examples
from touchstone.nn.bank import features
from touchstone.nn.base_model import Base

BATCH = 32


def measure(folder: Path, rounds: int) -> Iterator[Ratio]:
    """Pictures, then texts; every round has examples of its own, as the bank computes nothing twice."""
    cases: list[tuple[str, Base, Callable[[int], Examples], Callable[[Base], Callable[[Examples], None]]]] = [
        ("pictures, MobileNetV2 at 224", vision_base(folder), lambda seed: pictures(256, seed), picture_loop),
        ("texts, MiniLM", text_base(), lambda seed: texts(512, seed), text_loop),
    ]
    for name, base, make, plain in cases:
        home, loop, seeds, engines = folder / "home", plain(base), iter(range(10_000)), set()

        def ours(
            base: Base = base, make: Any = make, home: Path = home, seeds: Any = seeds, engines: Any = engines
        ) -> None:
            found = features(base, make(next(seeds)), home=home, progress=Silent(), expected=5_000)
            engines.add(found.engine)

        def theirs(loop: Any = loop, make: Any = make) -> None:
            loop(make(0))

        rounds_of = alternate(ours, theirs, rounds)
        yield Ratio(f"{name}, bank over plain loop", rounds_of, "below 1", (f"engine: {', '.join(sorted(engines))}",))


def picture_loop(base: Base) -> Callable[[Examples], None]:
    """Processor and model in batches, fp32, as in the manuals."""
    import torch
    from transformers import AutoImageProcessor, AutoModel

    processor = AutoImageProcessor.from_pretrained(base.path, backend="pil")
    model = AutoModel.from_pretrained(base.path).eval()

    def loop(examples: Examples) -> None:
        with torch.inference_mode():
            for start in range(0, len(examples), BATCH):
                batch = [examples.inputs[i] for i in range(start, min(start + BATCH, len(examples)))]
                model(**processor(batch, return_tensors="pt")).pooler_output.numpy()

    return loop


def text_loop(base: Base) -> Callable[[Examples], None]:
    """Tokenizer and model in batches, mean pooling, fp32."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base.path)
    model = AutoModel.from_pretrained(base.path).eval()

    def loop(examples: Examples) -> None:
        with torch.inference_mode():
            for start in range(0, len(examples), BATCH):
                batch = [examples.inputs[i] for i in range(start, min(start + BATCH, len(examples)))]
                tokens = tokenizer(batch, padding=True, truncation=True, max_length=256, return_tensors="pt")
                hidden = model(**tokens).last_hidden_state
                mask = tokens["attention_mask"][..., None]
                ((hidden * mask).sum(1) / mask.sum(1)).numpy()

    return loop
