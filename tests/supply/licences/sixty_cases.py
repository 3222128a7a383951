"""The agreed table: what a set of components comes to in a use, written down from the specification beforehand.

P permitted, D permitted with obligations, R needs legal review, X forbidden. A row is one case: the components (role
and licence), the use, more about the use, and the outcome.
"""

from __future__ import annotations

from typing import Any

EU: dict[str, Any] = {"home": "DE", "monthly_users": 20_000, "delivery": "saas"}
US: dict[str, Any] = {**EU, "home": "US"}
HUGE: dict[str, Any] = {**US, "monthly_users": 800_000_000}
RICH: dict[str, Any] = {**US, "revenue": 5e6}
POOR: dict[str, Any] = {**US, "revenue": 2e5}
HOUSE: dict[str, Any] = {"delivery": "none"}

CASES: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    # permissive
    ("base MIT", "research", {}, "P"),
    ("base MIT", "internal", {}, "P"),
    ("base MIT", "commercial", {"delivery": "saas"}, "P"),
    ("base MIT", "commercial", {"delivery": "on_device"}, "D"),
    ("base BSD-3-Clause", "redistribution", {}, "D"),
    ("base Apache-2.0", "research", {}, "P"),
    ("base Apache-2.0", "commercial", {}, "D"),
    ("base apache-2.0", "redistribution", {}, "D"),
    ("base ISC", "commercial", {"delivery": "weights"}, "D"),
    # given to everybody
    ("base CC0-1.0", "redistribution", {}, "P"),
    ("base Unlicense", "commercial", {}, "P"),
    ("base PDDL-1.0", "internal", {}, "P"),
    # attribution
    ("base CC-BY-4.0", "research", {}, "P"),
    ("base CC-BY-4.0", "commercial", {"delivery": "saas"}, "D"),
    ("base CC-BY-3.0", "redistribution", {}, "D"),
    # share-alike
    ("base CC-BY-SA-4.0", "internal", {}, "P"),
    ("base CC-BY-SA-4.0", "commercial", {}, "R"),
    ("base CC-BY-SA-4.0", "redistribution", {}, "D"),
    ("base ODbL-1.0", "commercial", {}, "R"),
    # not commercial
    ("base CC-BY-NC-4.0", "research", {}, "P"),
    ("base CC-BY-NC-4.0", "internal", {}, "R"),
    ("base CC-BY-NC-4.0", "commercial", {}, "X"),
    ("base CC-BY-NC-SA-4.0", "commercial", {}, "X"),
    ("base CC-BY-NC-SA-4.0", "redistribution", {}, "X"),
    ("base CC-BY-NC-ND-4.0", "research", {}, "P"),
    # no derivatives
    ("base CC-BY-ND-4.0", "internal", {}, "P"),
    ("base CC-BY-ND-4.0", "commercial", {}, "R"),
    ("base CC-BY-ND-4.0", "redistribution", {}, "X"),
    # copyleft
    ("base GPL-3.0", "research", {}, "P"),
    ("base GPL-3.0", "commercial", {}, "R"),
    ("base LGPL-2.1", "redistribution", {}, "R"),
    ("base AGPL-3.0", "internal", {}, "P"),
    ("base AGPL-3.0", "commercial", {"delivery": "saas"}, "R"),
    # use-restricted
    ("base creativeml-openrail-m", "research", {}, "D"),
    ("base bigscience-openrail-m", "internal", {}, "D"),
    ("base openrail", "commercial", {}, "R"),
    ("base openrail", "commercial", EU, "D"),
    ("base openrail", "commercial", {**EU, "fields": ("medical",)}, "X"),
    ("base openrail", "commercial", {**EU, "fields": ("something new",)}, "R"),
    ("base llama2", "research", {}, "D"),
    ("base llama3", "commercial", {}, "R"),
    ("base llama3.1", "commercial", US, "D"),
    ("base llama3.1", "commercial", HUGE, "X"),
    ("base llama3.3", "commercial", {**US, "fields": ("military",)}, "X"),
    ("base llama3.2", "commercial", {**EU, "modality": ("image", "text")}, "X"),
    ("base llama3.2", "commercial", {**US, "modality": ("image", "text")}, "D"),
    ("base llama4", "research", {"home": "FR", "modality": ("image", "text")}, "X"),
    ("base llama", "research", {}, "R"),
    ("base gemma", "internal", {}, "D"),
    ("base gemma", "commercial", {}, "R"),
    ("base gemma", "commercial", {**EU, "fields": ("retail",)}, "D"),
    ("base qwen-2024", "commercial", HUGE, "X"),
    ("base qwen", "commercial", US, "R"),
    ("base stability-ai-community", "commercial", RICH, "X"),
    ("base stability-ai-community", "commercial", POOR, "D"),
    # research only
    ("base msr-la", "research", {}, "P"),
    ("base msr-la", "internal", {}, "R"),
    ("base msr-la", "commercial", {}, "X"),
    # unknown
    ("base other", "research", {}, "R"),
    ("base see paper", "commercial", {}, "R"),
    ("base -", "research", {}, "R"),
    ("base Apache-2.0-with-a-twist", "internal", {}, "R"),
    # expressions
    ("base Apache-2.0 OR CC-BY-NC-4.0", "commercial", {"delivery": "saas"}, "P"),
    ("base MIT AND CC-BY-NC-4.0", "commercial", {}, "X"),
    ("base GPL-2.0-only WITH Classpath-exception-2.0", "research", {}, "R"),
    # composition
    ("base MIT; ancestor CC-BY-NC-4.0", "commercial", {}, "X"),
    ("base MIT; ancestor MIT; ancestor MIT; ancestor CC-BY-NC-4.0", "commercial", {}, "X"),
    ("base Apache-2.0; ancestor -", "commercial", {}, "R"),
    ("base Apache-2.0; ancestor llama3.1", "research", {}, "D"),
    ("base CC-BY-SA-4.0; ancestor GPL-3.0", "redistribution", {}, "R"),
    ("base Apache-2.0; tokenizer CC-BY-NC-4.0", "commercial", {}, "X"),
    # data: whether weights inherit their terms is unsettled
    ("base Apache-2.0; train_data CC-BY-NC-SA-4.0", "commercial", {}, "R"),
    ("base Apache-2.0; train_data CC-BY-NC-SA-4.0", "research", {}, "P"),
    ("base Apache-2.0; train_data CC-BY-4.0", "commercial", {"delivery": "saas"}, "D"),
    ("base Apache-2.0; train_data -", "commercial", {}, "R"),
    ("base Apache-2.0; base_data research-only", "commercial", {}, "R"),
    ("base Apache-2.0; base_data research-only", "research", {}, "P"),
)
