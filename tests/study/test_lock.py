from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from touchstone.core.recipe import Lora, Recipe
from touchstone.study.lock import lock_text, study_digest, to_mapping
from touchstone.study.model import (
    Adapt,
    BaseModel,
    Budget,
    Columns,
    Data,
    IntendedUse,
    Organisation,
    Requirement,
    Source,
    Study,
)
from touchstone.study.parse import from_mapping, parse
from touchstone.study.vocabulary import IMAGE_AUGMENTATIONS

FOLDER = Path(tempfile.mkdtemp(prefix="touchstone-lock-")).resolve()
for _name in ("train", "eve ning", "base", "a + b", "no"):
    (FOLDER / _name).mkdir()
    (FOLDER / f"{_name}.csv").touch()

words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=12
).filter(lambda word: bool(word.strip()))
names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_ .+-]{0,20}", fullmatch=True)
places = st.sampled_from(["train", "eve ning", "a + b", "no"])
plain_sources = places.map(lambda name: Source(FOLDER / name, None, name))
paired_sources = places.map(
    lambda name: Source(FOLDER / f"{name}.csv", FOLDER / name, f'{{"table": "{name}.csv", "files": "{name}"}}')
)
augments = st.one_of(
    st.sampled_from(["none", "auto"]), st.lists(st.sampled_from(IMAGE_AUGMENTATIONS), min_size=1, max_size=3).map(tuple)
)
recipes = st.builds(
    Recipe,
    name=names.map(lambda name: "my " + name),
    layers=st.one_of(st.sampled_from(["all"]), st.integers(1, 12)),
    optimizer=st.sampled_from(["adamw", "sgd"]),
    learning_rate=st.one_of(st.none(), st.floats(1e-6, 10)),
    warmup=st.floats(0, 0.99),
    epochs=st.one_of(st.none(), st.integers(1, 100)),
    augment=augments,
    lora=st.one_of(st.none(), st.builds(Lora, st.integers(1, 64), st.floats(0.1, 64))),
    user=st.just(True),
)
studies = st.builds(
    Study,
    name=names,
    task=st.just("image-classification"),
    data=st.builds(
        Data,
        train=st.one_of(plain_sources, paired_sources),
        shift=st.dictionaries(st.sampled_from(["dusk", "later", "no", "7"]), paired_sources, max_size=2),
        columns=st.builds(Columns, input=st.none(), label=st.one_of(st.none(), words), group=st.none(), time=st.none()),
        slices=st.just(("camera",)),
        license=st.one_of(st.none(), words),
        personal=st.booleans(),
        test_openings=st.integers(1, 9),
    ).filter(lambda data: data.columns.label != "camera"),
    base_models=st.one_of(
        st.just((BaseModel("base", FOLDER / "base"),)),
        words.map(lambda word: (BaseModel("base", FOLDER / "base", source=word, license="MIT", revision="r1"),)),
        st.just((BaseModel("org/name@" + "0" * 40, None, "org/name", "0" * 40),)),
    ),
    intended_use=st.builds(
        IntendedUse,
        purpose=st.one_of(st.just(""), words),
        use=st.sampled_from(["research", "commercial"]),
        organisation=st.builds(Organisation, st.one_of(st.none(), words), st.one_of(st.none(), st.integers(0, 10**9))),
        fields=st.lists(words, max_size=2).map(tuple),
    ),
    adapt=st.builds(
        Adapt,
        recipes=st.lists(recipes, max_size=2, unique_by=lambda recipe: recipe.name).map(tuple),
        augment=augments,
        seeds=st.integers(1, 9),
        budget=st.builds(Budget, st.one_of(st.none(), st.floats(0.1, 1e4)), st.none()),
    ),
    require=st.sampled_from([(), (Requirement("accuracy", 0.5, 0.9, "camera=a=b"), Requirement("accuracy", 0.1))]),
    folder=st.just(FOLDER),
    seed=st.integers(0, 2**32 - 1),
)


@settings(max_examples=60, deadline=None)
@given(study=studies)
def test_a_study_survives_its_lock(study: Study) -> None:
    with tempfile.TemporaryDirectory() as elsewhere:
        path = Path(elsewhere) / "study.lock.yaml"
        path.write_text(lock_text(study, {"train": "sha256:00"}), encoding="utf-8")
        assert parse(path) == study


@settings(max_examples=30, deadline=None)
@given(study=studies)
def test_a_study_survives_plain_objects(study: Study) -> None:
    assert from_mapping(to_mapping(study), FOLDER) == study


def test_the_digest_moves_with_every_word_but_not_with_the_folder() -> None:
    from dataclasses import replace

    study = Study("a", "image-classification", Data(Source(FOLDER / "train", None, "train")), folder=FOLDER)
    assert study_digest(study) == study_digest(replace(study, folder=Path("/elsewhere")))
    assert study_digest(study) != study_digest(replace(study, seed=1))
