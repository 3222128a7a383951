"""A short round of fuzzing for every kind of file; ``make fuzz`` goes on for minutes."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.supply.fuzzing import bent, corpus, framed, inner_corpus, tried

CORPUS, INNER = corpus(), inner_corpus()
SHORT = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("suffix", sorted(CORPUS))
@SHORT
@given(seed=st.integers(0, 1 << 32))
def test_bent_files_end_in_a_judgement(suffix: str, seed: int) -> None:
    tried(*bent(random.Random(seed), CORPUS[suffix]))


@pytest.mark.parametrize("kind", sorted(INNER))
@SHORT
@given(seed=st.integers(0, 1 << 32))
def test_bent_content_in_a_sound_frame_ends_in_a_judgement(kind: str, seed: int) -> None:
    _, data = bent(random.Random(seed), INNER[kind])
    tried(*framed(kind, data))


@pytest.mark.parametrize(
    "name", ["model.safetensors", "config.json", "model.pkl", "model.pt", "model.onnx", "x.tar", "x.gguf", "README.md"]
)
@SHORT
@given(data=st.binary(max_size=300))
def test_random_bytes_end_in_a_judgement(name: str, data: bytes) -> None:
    tried(name, data)
