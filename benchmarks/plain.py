"""Fine-tuning as a careful user would write it with transformers and torch, to measure against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoImageProcessor,
    AutoModelForImageClassification,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)

BATCH, RATE = 32, 5e-5


def full(base: Path, task: str, inputs: Sequence[Any], labels: Sequence[int], classes: int, epochs: int) -> Any:
    """All weights, AdamW with a linearly falling rate, images mirrored at random: the manuals' recipe.

    Returns
    -------
    a function from inputs to predicted classes
    """
    torch.manual_seed(0)
    prepare, kind = PREPARED[task](base), KINDS[task]
    model = kind.from_pretrained(base, num_labels=classes, ignore_mismatched_sizes=True)
    model.train()
    steps = epochs * -(-len(inputs) // BATCH)
    mover = torch.optim.AdamW(model.parameters(), RATE)
    falling = torch.optim.lr_scheduler.LambdaLR(mover, lambda step: 1 - step / steps)
    for _ in range(epochs):
        order = torch.randperm(len(inputs))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH].tolist()
            batch = prepare([inputs[row] for row in rows])
            if "pixel_values" in batch and torch.rand(()) < 0.5:
                batch["pixel_values"] = batch["pixel_values"].flip(-1)
            loss = model(**batch, labels=torch.tensor([labels[row] for row in rows])).loss
            mover.zero_grad()
            loss.backward()
            mover.step()
            falling.step()
    model.eval()

    def predict(some: Sequence[Any]) -> list[int]:
        with torch.inference_mode():
            parts = [
                model(**prepare([some[i] for i in range(start, min(start + BATCH, len(some)))]))
                for start in range(0, len(some), BATCH)
            ]
        return [int(row) for part in parts for row in part.logits.argmax(1)]

    return predict


def top_blocks(base: Path, names: Sequence[str], images: Sequence[Any], labels: Sequence[int], epochs: int) -> None:
    """The named parts alone are trained, the rest frozen; every picture goes through all of it in every epoch."""
    processor = AutoImageProcessor.from_pretrained(base, backend="pil")
    model = AutoModelForImageClassification.from_pretrained(base, num_labels=2, ignore_mismatched_sizes=True).eval()
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(any(name.startswith(part) for part in names))
    mover = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], RATE)
    prepared = [_pixels(processor, [images[i]]) for i in range(len(images))]
    for _ in range(epochs):
        for start in range(0, len(images), BATCH):
            rows = range(start, min(start + BATCH, len(images)))
            pixels = torch.cat([prepared[row] for row in rows])
            loss = model(pixel_values=pixels, labels=torch.tensor([labels[row] for row in rows])).loss
            mover.zero_grad()
            loss.backward()
            mover.step()


def _pixels(processor: Any, images: Sequence[Any]) -> Any:
    return processor([image.convert("RGB") for image in images], return_tensors="pt")["pixel_values"]


def _of_images(base: Path) -> Callable[[Sequence[Any]], dict[str, Any]]:
    processor = AutoImageProcessor.from_pretrained(base, backend="pil")
    return lambda images: {"pixel_values": _pixels(processor, images)}


def _of_texts(base: Path) -> Callable[[Sequence[Any]], dict[str, Any]]:
    tokenizer = AutoTokenizer.from_pretrained(base)
    return lambda texts: dict(
        tokenizer(list(texts), truncation=True, max_length=256, padding=True, return_tensors="pt")
    )


PREPARED = {"image-classification": _of_images, "text-classification": _of_texts}
KINDS: dict[str, Any] = {
    "image-classification": AutoModelForImageClassification,
    "text-classification": AutoModelForSequenceClassification,
}
