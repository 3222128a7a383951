"""The words of art that a page uses, each in a sentence."""

from __future__ import annotations

# ruff: noqa: E501 - one word a line reads as a table
_WORDS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("base model", ("base",), "The pretrained model that is reused. It was trained by somebody else on other data."),
    ("fine-tuning", ("fine-tun",), "Further training on your examples that changes weights of the base model."),
    ("linear probe", ("linear probe", "linear-probe", "frozen base"), "The base model left as it is, with one new last layer trained on top. The cheapest way to reuse it."),
    ("reference", ("reference",), "A simpler way to do the same job. A result only counts if it beats the references."),
    ("from scratch", ("scratch",), "The same kind of network trained on your examples alone, with nothing reused."),
    ("95 % interval", ("interval",), "The range that holds the true value in 95 of 100 such studies. A wide one means: few examples."),
    ("sealed test set", ("sealed",), "Examples whose answers stay locked away until the very end, so that the final score is honest. Each opening is counted."),
    ("validation", ("validation",), "Examples set aside during training to choose between models; never used for the final score."),
    ("accuracy", ("accuracy",), "The share of examples that are right."),
    ("balanced accuracy", ("balanced accuracy",), "Accuracy where every class counts the same, however rare."),
    ("precision", ("precision",), "Of the examples that the model puts into a class, the share that belong there."),
    ("recall", ("recall",), "Of the examples that belong to a class, the share that the model finds."),
    ("macro F1", ("macro f1",), "One number for precision and recall together, where every class counts the same."),
    ("MCC", ("mcc",), "Matthews correlation: 1 is perfect, 0 is guessing, whatever the class sizes."),
    ("log-loss", ("log-loss",), "How surprised the model is by the true answers; smaller is better, and confident mistakes cost most."),
    ("calibration", ("calibrat", "confidence"), "Whether answers given with 80 % confidence are right 80 times in 100."),
    ("slice", ("slice",), "A named part of the data, such as one camera or one region."),
    ("shift set", ("shift",), "Labelled examples from elsewhere or later than the training data."),
    ("random twin", ("random twin",), "The same network with random weights: what the shape of a network gives without any knowledge."),
    ("random seed", ("seed",), "The starting number of everything random in a training; another one gives a slightly different model."),
    ("blocker, major, minor", ("blocker", "major", "minor"), "How grave a failed check is. A failed blocker rejects, a failed major holds back, a minor is only noted."),
    ("in doubt", ("in doubt",), "The data could not decide. It is neither a pass nor a fail."),
)  # fmt: skip


def used_in(text: str) -> list[tuple[str, str]]:
    """The words that occur in a page's text, with their meaning."""
    lower = text.lower()
    return [(word, meaning) for word, marks, meaning in _WORDS if any(mark in lower for mark in marks)]
