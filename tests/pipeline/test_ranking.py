"""What stands in a study twice under two names is known as one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.checks.desk import base_score
from touchstone.pipeline.ranking import _told_apart


def test_a_base_with_the_files_of_an_earlier_one_is_named_after_it() -> None:
    digests = {"a": "1", "b": "2", "a-again": "1", "a-thrice": "1"}
    bases: Any = [SimpleNamespace(written=name, digest=digest) for name, digest in digests.items()]
    scores = [base_score(name, np.ones(10), rank=place) for place, name in enumerate(reversed(digests), 1)]
    same = {score.base: score.same_as for score in _told_apart(scores, bases)}
    assert same == {"a": None, "b": None, "a-again": "a", "a-thrice": "a"}
