"""A run whose every string is an attack: markup, scripts, addresses, directions of writing, endless names."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Any

from tests.report.told_runs import ToldRun, ship, thumbnail

PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<!--glossary--><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=https://evil.example/a.png>",
    "\"><img src=x onerror=alert(1)>",
    "'><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)\" autofocus onfocus=\"alert(1)",
    "' onfocus='alert(1)' autofocus x='",
    "` onclick=alert(1) `",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)></style>",
    "<iframe src=\"javascript:alert(1)\"></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<object data=\"data:text/html,<script>alert(1)</script>\"></object>",
    "<embed src=//evil.example/x>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css';</style>",
    "<style>*{background:url(//evil.example/x)}</style>",
    "<meta http-equiv=refresh content=\"0;url=//evil.example\">",
    "<base href=//evil.example/>",
    "<form action=//evil.example><button>go</button></form>",
    "<body onload=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>x</details>",
    "<input autofocus onfocus=alert(1)>",
    "<a href=\"javascript:alert(1)\">click</a>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "![x](https://evil.example/a.png)",
    "<https://evil.example>",
    "{{ 7*7 }}{% raw %}",
    "{{ ''.__class__.__mro__ }}",
    "${7*7}#{7*7}",
    "$\\frac{a}{$ \\undefined $",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\u202egnp.exe\u202c <b>x</b>",
    "\x00\x01\x1b[31mred\x07<i>",
    "\ud800<script>alert(1)</script>",
    "<x" + "a" * 1000 + ">",
    "W" * 1000,
    "expression(alert(1));background:url(//evil.example)",
    "1;width:9999px;background:url(//evil.example)",
    "=cmd|'/c calc'!A0",
    "---\nlicense: evil\n---\n# title\n<script>alert(1)</script>",
    "| a | b |\n| --- | --- |",
)  # fmt: skip

KEPT = {"status", "severity", "verdict", "schema", "split", "kind", "task"}
"""Keys whose words steer what is shown; a test of their own gives these payloads."""


def hostile(*, steer: bool = False) -> ToldRun:
    """The run that ships, with a payload in every string, key and name; ``steer`` takes the steering words too."""
    told, payloads = ship(), cycle(PAYLOADS)
    kept = frozenset() if steer else KEPT
    pictures = list(told.gallery.mistakes)
    texts = tuple(dataclasses.replace(m, picture=None if place % 2 else b"<svg onload=alert(1)>", text=next(payloads))
                  for place, m in enumerate(pictures))  # fmt: skip
    gallery = dataclasses.replace(
        told.gallery, mistakes=(*texts, dataclasses.replace(pictures[0], picture=thumbnail(1)))
    )
    return ToldRun(
        _poison(told.evidence, payloads, kept), _poison(gallery, payloads, kept), _poison(told.study, payloads, kept)
    )


def _poison(value: Any, payloads: Iterator[str], kept: frozenset[str] | set[str]) -> Any:
    if isinstance(value, str):
        return next(payloads)
    if isinstance(value, Mapping):
        return {
            _key(key, payloads): item if key in kept else _poison(item, payloads, kept) for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return type(value)(_poison(item, payloads, kept) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {
            field.name: _poison(getattr(value, field.name), payloads, kept)
            for field in dataclasses.fields(value)
            if field.name not in kept
        }
        return dataclasses.replace(value, **changed)
    return value


def _key(key: str, payloads: Iterator[str]) -> str:
    """Keys of ``details``, ``stages`` and the like come from outside too; the contract's own keys stay."""
    own = {"schema", "study", "name", "digest", "verdict", "reasons", "findings", "check", "subject", "status", "severity", "statement",
           "value", "interval", "threshold", "n", "remedy", "details", "comparison", "candidate", "kind", "base", "split", "metric", "versus",
           "difference", "seconds", "energy_wh", "trainable_parameters", "bases", "rank", "score", "chosen", "path", "cost", "stages",
           "examples_through_backbone", "carbon_g", "task", "policy", "seed", "intended_use", "purpose", "use", "owner", "data", "license",
           "base_models", "require", "min", "max", "on", "personal", "source", "train", "test", "shift"}  # fmt: skip
    return key if key in own else next(payloads)
