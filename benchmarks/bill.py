"""The bill: a whole governed run against one plain full fine-tuning of the same base on the same data.

`BENCH_STUDY=study.yaml` names a study with one base and a test set of its own or a split; without it, the
digits of the demo are taken, whose tiny base makes fine-tuning unusually cheap and the ratio unusually bad.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.plain import full
from benchmarks.ratio import Ratio, seconds
from touchstone.core.progress import Silent
from touchstone.dataset.assemble import assemble
from touchstone.pipeline.run import run
from touchstone.study.model import Study
from touchstone.study.parse import parse

EPOCHS = {"image-classification": 10, "text-classification": 5}


def measure(folder: Path, rounds: int) -> Iterator[Ratio]:
    """Each round starts from nothing: no features, no finished pieces. Two rounds at most: they are long."""
    study = _study(folder)
    data = assemble(study, progress=Silent(), home=folder / "looking")
    labels = [int(label) for label in data.train.labels]
    seal = data.seal.open("benchmark", "plain")["test"]
    ratios, ours, theirs, shares = [], 0.0, 0.0, []
    for round_ in range(min(rounds, 2)):
        os.environ["TOUCHSTONE_HOME"] = str(folder / f"home-{round_}")
        result = run(study, out=folder / f"run-{round_}", fresh=True)
        spent = result.evidence["cost"]["seconds"]
        stages = result.evidence["cost"]["stages"]
        shares.append(sum(stages.get(name, 0.0) for name in ("evaluation", "checks", "report")) / spent)
        predictors = []
        plain = seconds(
            lambda kept=predictors: kept.append(
                full(
                    study.base_models[0].path,
                    study.task,
                    data.train.inputs,
                    labels,
                    len(data.classes),
                    EPOCHS[study.task],
                )
            )
        )
        theirs = float((np.array(predictors[0](data.test.inputs)) == seal).mean())
        chosen = result.evidence["chosen"]["candidate"]
        ours = next(
            row["value"]
            for row in result.evidence["comparison"]
            if (row["candidate"], row["split"], row["metric"]) == (chosen, "test", "accuracy")
        )
        ratios.append(spent / plain)
    notes = (
        f"{len(labels)} training and {len(data.test)} test examples; test accuracy {ours:.3f} ({chosen}) "
        f"against {theirs:.3f} of plain fine-tuning; the last round took {spent:.0f} s against {plain:.0f} s",
    )
    yield Ratio("whole run over plain full fine-tuning", tuple(ratios), "1.0 or less", notes)
    yield Ratio("evaluation, checks and report over the whole run", tuple(shares), "under 0.10")


def _study(folder: Path) -> Study:
    named = os.environ.get("BENCH_STUDY")
    if named:
        study = parse(Path(named))
        return replace(study, base_models=study.base_models[:1])
    from touchstone import demo

    study = parse(demo.image_study(folder / "digits"))
    return replace(study, base_models=study.base_models[:1])
