# ruff: noqa: E501 - findings are whole sentences, one a line
"""Runs as they end: one that ships, one held back on 300 pictures, one rejected before any training."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from touchstone.core import catalogue
from touchstone.report import gallery as g


@dataclass(frozen=True)
class ToldRun:
    """What the pages are made from."""

    evidence: dict[str, Any]
    gallery: g.Gallery
    study: dict[str, Any]


def finding(check: str, subject: str, status: str, statement: str, *, severity: str | None = None, value: float | None = None,
            interval: list[float] | None = None, threshold: float | None = None, n: int | None = None,
            remedy: str | None = None, **details: Any) -> dict[str, Any]:  # fmt: skip
    row = catalogue.rows().get(check)
    return {
        "check": check, "subject": subject, "status": status, "severity": severity or (row.severity.value if row else "info"),
        "statement": statement, "value": value, "interval": interval, "threshold": threshold, "n": n, "remedy": remedy,
        "details": details,
    }  # fmt: skip


def unmeasured() -> list[dict[str, Any]]:
    return [
        finding(row.id, "study", "inconclusive", "not measured by this version", severity="info")
        for row in catalogue.BUILT_IN
        if not row.measured and row.id != "govern.signoff"
    ]


def row(candidate: str, kind: str, base: str | None, metric: str, value: float, half: float, versus: dict[str, Any] | None = None,
        split: str = "test", seconds: float = 40.0, weights: int = 20_000) -> dict[str, Any]:  # fmt: skip
    return {
        "candidate": candidate, "kind": kind, "base": base, "split": split, "metric": metric, "value": value,
        "interval": [value - half, min(1.0, value + half)], "versus": versus or {}, "seconds": seconds, "energy_wh": seconds / 300,
        "trainable_parameters": weights,
    }  # fmt: skip


def versus(**differences: tuple[float, float]) -> dict[str, Any]:
    return {
        name.replace("_", "-"): {"difference": value, "interval": [value - half, value + half]}
        for name, (value, half) in differences.items()
    }


def thumbnail(seed: int, kind: str = "PNG", side: int = 96) -> bytes:
    """A small made-up picture: a coloured blossom on a soft ground."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side] / side - 0.5
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    petals = int(rng.integers(4, 9))
    mask = radius < 0.28 + 0.14 * np.cos(petals * angle + rng.uniform(0, 6))
    ground, blossom = rng.uniform(60, 150, 3), rng.uniform(120, 255, 3)
    picture = np.where(
        mask[..., None], blossom * (1.1 - radius[..., None]), ground * (0.8 + 0.4 * (y[..., None] + 0.5))
    )
    picture = np.where((radius < 0.07)[..., None], [240, 200, 60], picture) + rng.normal(0, 6, picture.shape)
    file = io.BytesIO()
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(file, kind)
    return file.getvalue()


FLOWERS = ("daisy", "dandelion", "iris", "rose", "sunflower", "tulip", "water lily", "wild pansy")


def training_curve(candidate: str, seed: int, steps: int, final: float, floor: float) -> g.TrainingCurve:
    rng = np.random.default_rng(seed)
    at = np.linspace(0, steps, 21)
    shape = np.exp(-4 * at / steps)
    return g.TrainingCurve(
        candidate, seed, at.tolist(), (0.9 * floor + 1.9 * shape + rng.normal(0, 0.02, 21)).clip(0).tolist(),
        (floor + 1.7 * shape + 0.15 * at / steps + rng.normal(0, 0.02, 21)).tolist(),
        (final - 0.7 * shape + rng.normal(0, 0.006, 21)).clip(0, 1).tolist(),
    )  # fmt: skip


def measured(value: float, n: float) -> g.Measured:
    half = 1.96 * math.sqrt(max(value * (1 - value), 0.01) / n)
    return g.Measured(value, max(0.0, value - half), min(1.0, value + half))


def class_score(name: str, n: int, recall: float, precision: float) -> g.ClassScore:
    f1 = 2 * recall * precision / (recall + precision)
    return g.ClassScore(name, n, measured(precision, n), measured(recall, n), measured(f1, n))


def ship() -> ToldRun:
    base, other = "models/mobilenetv2", "models/insects"
    chosen = f"top-3@{base}"
    rows = []
    for metric, level in (
        ("macro_f1", 0.0),
        ("accuracy", 0.008),
        ("balanced_accuracy", 0.004),
        ("mcc", -0.02),
        ("roc_auc", 0.055),
    ):
        against = versus(
            majority=(0.879, 0.02), non_transfer=(0.241, 0.031), scratch=(0.186, 0.034), linear_probe=(0.037, 0.016)
        )
        rows += [
            row("majority", "reference", None, metric, 0.031 + max(0, level) * 12, 0.004),
            row("non-transfer", "reference", None, metric, 0.669 + level, 0.027),
            row("scratch", "reference", None, metric, 0.724 + level, 0.026, seconds=212, weights=2_236_000),
            row("linear-probe", "reference", base, metric, 0.873 + level, 0.019),
            row(chosen, "adapted", base, metric, 0.910 + level, 0.016, against if metric in ("macro_f1", "accuracy") else None, seconds=96, weights=1_210_000),
            row(f"full@{base}", "adapted", base, metric, 0.907 + level, 0.017, versus(linear_probe=(0.034, 0.017)), seconds=340, weights=2_236_000),
        ]  # fmt: skip
    rows += [
        row("linear-probe", "reference", base, "macro_f1", 0.801, 0.05, split="evening"),
        row(chosen, "adapted", base, "macro_f1", 0.846, 0.045, split="evening"),
    ]
    findings = [
        finding("data.readable", "data", "pass", "all 5,994 files could be read; 6 of 6,000 were set aside and are listed.", value=0.001, interval=[0.0004, 0.002], threshold=0.01, n=6000),
        finding("data.duplicates", "train", "fail", "41 pictures stand twice in the training data; one copy of each was left out.", severity="minor", value=0.009, n=4600, remedy="nothing needs to be done; the copies are listed in flagged.csv", pairs=[["a.jpg", "b.jpg", "exact", 1.0]] * 41),
        finding("data.leakage", "train~test", "pass", "no test picture stands in the training data, exactly or changed.", value=0.0, interval=[0, 0.003], threshold=0.01, n=1200),
        finding("data.imbalance", "train", "pass", "the commonest class holds 21 % of the training data.", value=0.21, threshold=0.9),
        finding("data.size", "test", "pass", "1,200 test pictures decide differences from 2 points on."),
        finding("base.domain", base, "pass", "the base separates these classes 39 points better than its random twin."),
        finding("base.domain", other, "fail", "the insect base is 6 points behind the best base (4 to 8).", severity="info", value=0.06, interval=[0.04, 0.08]),
        finding("adapt.learning_rate", chosen, "pass", "training started gently: the first steps changed weights by 0.2 % each."),
        finding("adapt.forgetting", chosen, "pass", "fine-tuned is 3.7 points above the frozen base; 88 % of what the base knew is kept."),
        finding("adapt.overfitting", chosen, "pass", "the validation loss ends 2 % above its lowest point."),
        finding("adapt.stability", chosen, "pass", "three seeds lie within 0.6 points."),
        finding("compare.majority", chosen, "pass", "it is right 92 times in 100; always guessing 'daisy' would be right 21 times."),
        finding("compare.non_transfer", chosen, "pass", "24.1 points better than the best simple model.", value=0.241, interval=[0.21, 0.272], threshold=0.01, n=1200),
        finding("compare.scratch", chosen, "pass", "18.6 points better than the same network from scratch.", value=0.186, interval=[0.152, 0.22], threshold=0.01, n=1200),
        finding("compare.probe", chosen, "pass", "3.7 points better than the frozen base with a linear probe.", value=0.037, interval=[0.021, 0.053], threshold=0.01, n=1200),
        finding("evaluate.requirements", "macro_f1", "pass", "macro F1 is 0.910 (0.894 to 0.926); 0.85 or more was asked for.", value=0.91, interval=[0.894, 0.926], threshold=0.85, n=1200),
        finding("evaluate.requirements", "latency_ms_p99", "pass", "99 of 100 calls take 21 ms or less (20 to 23); 50 ms or less was asked for.", value=21.3, interval=[20.1, 23.4], threshold=50, n=1000),
        finding("evaluate.per_class", chosen, "pass", "no class is failed; the lowest recall is 0.82, of 'wild pansy'."),
        finding("evaluate.slices", "camera=phone", "inconclusive", "pictures of camera=phone score 2.1 points below the rest (-1.5 to 5.7); about 420 more test pictures would decide.", value=0.021, interval=[-0.015, 0.057], threshold=0.05, n=212, remedy="label about 420 more test pictures of camera=phone"),
        finding("evaluate.shift", "evening", "pass", "on evening pictures it loses 6.4 points, less than the frozen base does."),
        finding("evaluate.calibration", chosen, "pass", "stated confidence is off by 1.8 points on average.", value=0.018, interval=[0.009, 0.027], threshold=0.05, n=1200),
        finding("evaluate.latency", chosen, "pass", "a call takes 11 ms in the median, 21 ms in the 99th percentile."),
        finding("evaluate.test_reuse", "test", "pass", "this test set was opened for the first time."),
        finding("cost.energy", "run", "pass", "the run took about 6.1 Wh (estimated, factor 2)."),
        finding("govern.checkpoint", "study", "pass", "all five confirmations are there."),
        finding("govern.signoff", "study", "pass", "self-signed: internal use needs no second signature under the default policy."),
        *unmeasured(),
    ]  # fmt: skip
    evidence = {
        "schema": "touchstone/evidence/1", "study": {"name": "flowers", "digest": "sha256:" + "4f" * 32}, "verdict": "ship", "reasons": [],
        "findings": findings, "comparison": rows,
        "bases": [{"base": base, "rank": 1, "score": 0.881, "interval": [0.871, 0.891], "chosen": True},
                  {"base": other, "rank": 2, "score": 0.821, "interval": [0.809, 0.833], "chosen": False}],
        "chosen": {"candidate": chosen, "base": base, "path": "model/"},
        "cost": {"seconds": 1106.0, "stages": {"feature bank": 190.0, "ranking": 22.0, "references": 301.0, "adaptation": 540.0, "evaluation": 31.0, "checks": 22.0},
                 "examples_through_backbone": 71_300, "energy_wh": 6.1, "carbon_g": 2.3},
    }  # fmt: skip
    study = {
        "name": "flowers", "task": "image-classification", "policy": "default", "seed": 0,
        "intended_use": {"purpose": "sort incoming photos for a shop catalogue", "use": "internal", "owner": "catalogue team"},
        "data": {"train": "data/train", "test": None, "shift": {"evening": "data/evening.csv"}, "license": "cc-by-4.0", "personal": False},
        "base_models": [{"path": base, "license": "apache-2.0", "source": "https://example.org/mobilenet"}, other],
        "require": {"macro_f1": [{"min": 0.85, "max": None, "on": "test"}], "latency_ms_p99": [{"min": None, "max": 50, "on": "test"}]},
    }  # fmt: skip
    return ToldRun(evidence, _flower_gallery(base, other, chosen), study)


def waived() -> ToldRun:
    """The run that ships, with a serious failure that somebody carries."""
    run = ship()
    waiver = {
        "by": "Maria", "role": "risk", "requested_by": "Maria", "reason": "a pilot", "control": "", "from": "2026-11-21",
        "until": "2026-12-24", "renewal": 0, "self_signed": False,
    }  # fmt: skip
    run.evidence["findings"].append(
        finding(
            "supply.provenance",
            "models/mobilenetv2",
            "fail",
            "the source has changed.",
            remedy="find out why",
            waiver=waiver,
        )
    )
    return run


def _flower_gallery(base: str, other: str, chosen: str) -> g.Gallery:
    rng = np.random.default_rng(1)
    k = len(FLOWERS)
    recalls = [0.96, 0.95, 0.93, 0.90, 0.97, 0.88, 0.94, 0.82]
    confusion = np.array(
        [
            rng.multinomial(150, [recalls[i] if j == i else (1 - recalls[i]) / (k - 1) for j in range(k)])
            for i in range(k)
        ]
    )
    confidence = np.linspace(0.35, 0.98, 10)
    return g.Gallery(
        classes=FLOWERS,
        confusion=confusion.tolist(),
        reliability=[g.ReliabilityBin(c, min(1.0, c + d), 120, max(0.0, c - 0.07), min(1.0, c + 0.07)) for c, d in zip(confidence.tolist(), rng.normal(0, 0.02, 10).tolist(), strict=True)],
        per_class=[class_score(name, 150, recall, min(0.98, recall + 0.01)) for name, recall in zip(FLOWERS, recalls, strict=True)],
        slices=[
            g.SliceScore("camera=phone", 212, measured(0.90, 212), gap=g.Measured(0.021, -0.015, 0.057)),
            g.SliceScore("camera=mirrorless", 640, measured(0.926, 640), gap=g.Measured(-0.01, -0.04, 0.02)),
            g.SliceScore("camera=unknown", 24, measured(0.83, 24), note="too small to judge"),
        ],
        curves=[training_curve(name, seed, 900, final, floor) for name, final, floor in ((chosen, 0.925, 0.26), (f"full@{base}", 0.92, 0.28), ("scratch", 0.75, 0.75)) for seed in range(3)],
        learning=[
            g.LearningCurve(name, [g.LearningPoint(n, measured(top - gap * 0.55**i, 400)) for i, n in enumerate((285, 570, 1140, 2280, 4559))])
            for name, top, gap in (("linear-probe", 0.89, 0.2), (chosen, 0.93, 0.25), ("scratch", 0.9, 0.55))
        ],
        mistakes=[g.Mistake(f"data/test/{FLOWERS[i % 8]}/img_{1000 + 37 * i}.jpg", FLOWERS[i % 8], FLOWERS[(i * 3 + 5) % 8], 0.99 - 0.02 * i, thumbnail(i, "JPEG" if i % 2 else "PNG")) for i in range(12)],
        ranking=[
            g.RankedCandidate(base, 1, g.Measured(0.881, 0.871, 0.891), g.Measured(0.492, 0.477, 0.507), "block 16", chosen=True, seconds_per_example=0.004),
            g.RankedCandidate("models/resnet18", 2, g.Measured(0.874, 0.864, 0.884), g.Measured(0.47, 0.455, 0.485), "block 4", tied=True, seconds_per_example=0.011),
            g.RankedCandidate(other, 3, g.Measured(0.821, 0.809, 0.833), g.Measured(0.489, 0.474, 0.504), "block 12", seconds_per_example=0.004),
            g.RankedCandidate("models/yamnet_audioset_rgb_stem", 4, g.Measured(0.512, 0.497, 0.527), g.Measured(0.485, 0.47, 0.5), "block 3", seconds_per_example=0.003, notes=("hardly better than random weights: trained on something else",)),
        ],
        splits=[
            g.SplitSize("train", 4559, (990, 610, 560, 520, 700, 480, 412, 287), made_here=True),
            g.SplitSize("validation", 235, (50, 31, 29, 27, 36, 25, 21, 16), made_here=True),
            g.SplitSize("test", 1200, (150,) * 8, made_here=True),
            g.SplitSize("evening", 260, (33,) * 7 + (29,)),
        ],
        ledger=[
            g.LedgerRow("majority", 1, 4559, 0.01, "nothing to choose", (), 0),
            g.LedgerRow("non-transfer", 24, 109_000, 41.0, "validation", (), 61_000),
            g.LedgerRow("scratch", 6, 410_000, 212.0, "validation", ("crop", "mirror", "colour"), 2_236_000, "stopped early in its favour"),
            g.LedgerRow("linear-probe", 24, 109_000, 38.0, "validation", (), 10_248),
            g.LedgerRow(chosen, 6, 136_000, 96.0, "validation", ("crop", "mirror", "colour"), 1_210_000),
        ],
        latency=g.LatencyTimes((11 + rng.gamma(2, 1.4, 1000) + (rng.random(1000) < 0.01) * 9).tolist(), "AMD EPYC 7B13, 2 cores", 2),
        beyond_doubt=["Transfer helped: it beats the same network from scratch by at least 15 points.", "Macro F1 is above the 0.85 that was asked for.", "No test picture stands in the training data."],
        open_questions=["Whether pictures of camera=phone are served worse; about 420 more labelled test pictures of that camera would decide."],
        notes=["The column 'species' was taken as the label.", "The split was made here: near duplicates were kept together."],
        model_path="model/", made_on="2026-03-14", version="0.1.0",
    )  # fmt: skip


CELLS = ("basophil", "eosinophil", "lymphocyte", "monocyte", "neutrophil")


def hold() -> ToldRun:
    """300 pictures, five classes, several fails."""
    base = "models/resnet18"
    chosen = f"full@{base}"
    against = versus(
        majority=(0.43, 0.11), non_transfer=(0.012, 0.084), scratch=(0.06, 0.10), linear_probe=(-0.046, 0.03)
    )
    rows = []
    for metric, level in (("macro_f1", 0.0), ("accuracy", 0.05), ("log_loss", -0.1), ("calibration_error", -0.55)):
        rows += [
            row("majority", "reference", None, metric, max(0.02, 0.112 + level * 4), 0.03),
            row("non-transfer", "reference", None, metric, 0.66 + level, 0.09),
            row("scratch", "reference", None, metric, 0.61 + level, 0.10),
            row("linear-probe", "reference", base, metric, 0.718 + level, 0.085),
            row(chosen, "adapted", base, metric, 0.672 + level, 0.09, against if level >= 0 else None),
        ]
    findings = [
        finding("data.size", "test", "fail", "60 test pictures cannot decide the thresholds asked for: the macro F1 is known to within 9 points.", value=60, threshold=384, n=60, remedy="label about 320 more test pictures, 64 of each class"),
        finding("data.imbalance", "train", "fail", "the smallest class, 'basophil', has 7 training pictures; the commonest has 96.", value=0.4, n=240, remedy="collect more basophils; until then read its row with care"),
        finding("data.leakage", "train~test", "pass", "no test picture stands in the training data."),
        finding("data.group_leakage", "train~test", "not_applicable", "no group column is declared and no name repeats."),
        finding("base.domain", base, "inconclusive", "resnet18 and mobilenetv2 cannot be told apart (1.2 points, -2.8 to 5.2).", value=0.012, interval=[-0.028, 0.052], n=240),
        finding("adapt.forgetting", chosen, "fail", "fine-tuned is 4.6 points below the frozen base it started from (1.6 to 7.6).", value=0.046, interval=[0.016, 0.076], threshold=0.01, n=60, remedy="thaw the top block only, or ship the linear probe", lowest_block_cka=0.31, retained=None, blocks={"stem": 0.99, "stage1": 0.93, "stage2": 0.71, "stage3": 0.44, "stage4": 0.31}),
        finding("adapt.overfitting", chosen, "fail", "the validation loss ends 38 % above its lowest point, and all layers were thawed for 240 pictures.", value=0.38, interval=[0.19, 0.57], threshold=0.1, n=60, remedy="train for 4 epochs instead of 40, or thaw fewer layers"),
        finding("adapt.stability", chosen, "inconclusive", "three seeds spread over 5.1 points; with three, the true spread may be from 2.7 to 32.", value=0.051, interval=[0.027, 0.32]),
        finding("compare.majority", chosen, "pass", "43 points better than always guessing 'neutrophil' (32 to 54)."),
        finding("compare.non_transfer", chosen, "fail", "a simple model on colours and edges does as well: the difference is 1.2 points (-7.2 to 9.6).", value=0.012, interval=[-0.072, 0.096], threshold=0.01, n=60, remedy="consider the simple model; it needs no base at all"),
        finding("compare.scratch", chosen, "inconclusive", "6 points better than from scratch, but it could be -4 to 16; about 250 more test pictures would decide.", value=0.06, interval=[-0.04, 0.16], n=60),
        finding("compare.probe", chosen, "fail", "fine-tuning did worse than the frozen base.", value=-0.046, interval=[-0.076, -0.016], n=60, remedy="ship the linear probe"),
        finding("evaluate.requirements", "macro_f1", "inconclusive", "macro F1 is 0.672 (0.58 to 0.76); 0.75 or more was asked for; about 180 more test pictures would decide.", value=0.672, interval=[0.582, 0.762], threshold=0.75, n=60, remedy="label about 180 more test pictures"),
        *(finding("evaluate.per_class", f"class={name}", "inconclusive", f"'{name}' has {n} test pictures: too few to judge.", n=n) for name, n in (("basophil", 2), ("monocyte", 6), ("eosinophil", 8))),
        finding("evaluate.calibration", chosen, "inconclusive", "60 pictures cannot tell whether confidence is honest."),
        finding("evaluate.latency", chosen, "pass", "a call takes 24 ms in the median."),
        finding("evaluate.test_reuse", "test", "pass", "this test set was opened for the second time of three."),
        finding("govern.checkpoint", "study", "fail", "transfer is not shown to help.", remedy="close the first open question"),
        finding("govern.signoff", "study", "inconclusive", "nobody has signed; commercial use needs somebody other than the author.", remedy="touchstone approve runs/blood-cells"),
        *unmeasured(),
    ]  # fmt: skip
    evidence = {
        "schema": "touchstone/evidence/1", "study": {"name": "blood-cells", "digest": "sha256:" + "a1" * 32}, "verdict": "hold",
        "reasons": ["adapt.forgetting", "adapt.overfitting", "compare.non_transfer", "evaluate.requirements", "govern.checkpoint", "govern.signoff"],
        "findings": findings, "comparison": rows,
        "bases": [{"base": base, "rank": 1, "score": 0.731, "interval": [0.68, 0.78], "chosen": True},
                  {"base": "models/mobilenetv2", "rank": 2, "score": 0.719, "interval": [0.66, 0.77], "chosen": False}],
        "chosen": {"candidate": "full", "base": base, "path": "model/"},
        "cost": {"seconds": 214.0, "stages": {"feature bank": 31.0, "references": 66.0, "adaptation": 102.0, "evaluation": 15.0},
                 "examples_through_backbone": 18_240, "energy_wh": 1.2, "carbon_g": None},
    }  # fmt: skip
    study = {
        "name": "blood-cells", "task": "image-classification", "policy": "default",
        "intended_use": {"purpose": "pre-sort blood smears before a laboratory worker looks at them", "use": "commercial", "owner": "haematology lab"},
        "base_models": [base, "models/mobilenetv2"], "data": {"train": "cells.zip", "license": None, "personal": True},
        "require": {"macro_f1": [{"min": 0.75, "max": None, "on": "test"}]},
    }  # fmt: skip
    confusion = [[1, 0, 0, 1, 0], [0, 5, 0, 0, 3], [0, 0, 15, 2, 1], [0, 1, 2, 3, 0], [0, 3, 1, 1, 21]]
    gallery = g.Gallery(
        classes=CELLS, confusion=confusion,
        per_class=[class_score(name, n, r, p) for name, n, r, p in (("basophil", 2, 0.5, 0.9), ("eosinophil", 8, 0.62, 0.56), ("lymphocyte", 18, 0.83, 0.83), ("monocyte", 6, 0.5, 0.43), ("neutrophil", 26, 0.81, 0.84))],
        reliability=[g.ReliabilityBin(c, a, 12, max(0, c - 0.25), min(1, c + 0.25)) for c, a in ((0.45, 0.4), (0.66, 0.5), (0.81, 0.75), (0.92, 0.8), (0.99, 0.93))],
        curves=[training_curve(chosen, seed, 320, 0.74, 0.7) for seed in range(3)],
        mistakes=[g.Mistake(f"{40 + i}", CELLS[i % 5], CELLS[(i + 2) % 5], 0.97 - 0.05 * i, thumbnail(50 + i)) for i in range(6)],
        splits=[g.SplitSize("train", 240, (7, 31, 70, 36, 96), made_here=True), g.SplitSize("test", 60, (2, 8, 18, 6, 26), made_here=True)],
        ledger=[g.LedgerRow("non-transfer", 12, 2880, 8.0, "cross-fitting", (), 9000), g.LedgerRow(chosen, 4, 9600, 88.0, "cross-fitting", ("mirror",), 11_200_000)],
        open_questions=[
            "Whether macro F1 reaches 0.75: about 180 more labelled test pictures would decide.",
            "Whether pretraining helped at all: about 250 more labelled test pictures would decide.",
            "Whether basophils are found: label at least 28 more of them.",
        ],
        beyond_doubt=["It beats always guessing one class by at least 32 points.", "Fine-tuning the whole network made it worse than the frozen base."],
        common_cause="Forgetting, overfitting and the loss against the frozen base have one likely cause: too many layers were thawed for 240 pictures. The next cheapest experiment is to thaw the top block only (about 20 seconds).",
        model_path="model/", made_on="2026-03-14", version="0.1.0",
    )  # fmt: skip
    return ToldRun(evidence, gallery, study)


def reject() -> ToldRun:
    """The only base brings files that run code: nothing was trained."""
    base = "models/mystery"
    findings = [
        finding("supply.files", base, "fail", "pytorch_model.bin imports os.system when it is opened; the file was not opened.", remedy="use a base that comes as safetensors", kind="hostile", file="pytorch_model.bin", opcodes=["GLOBAL os system", "REDUCE"]),
        finding("supply.integrity", base, "inconclusive", "nothing vouches for these files; they were pinned as they are."),
        finding("supply.provenance", base, "inconclusive", "the folder names no source."),
        finding("supply.license", base, "inconclusive", "no licence is stated; this needs legal review."),
        finding("supply.documentation", base, "fail", "there is no model card."),
    ]  # fmt: skip
    evidence = {
        "schema": "touchstone/evidence/1", "study": {"name": "tickets", "digest": "sha256:" + "0c" * 32}, "verdict": "reject",
        "reasons": ["supply.files"], "findings": findings, "comparison": [], "bases": [], "chosen": None,
        "cost": {"seconds": 1.4, "stages": {}, "examples_through_backbone": 0, "energy_wh": None, "carbon_g": None},
    }  # fmt: skip
    study = {
        "name": "tickets",
        "task": "text-classification",
        "intended_use": {"purpose": "route support tickets", "use": "internal"},
        "base_models": [base],
    }
    return ToldRun(evidence, g.Gallery(), study)
