"""Print every comparison of docs/performance.md: `python -m benchmarks [NAME ...]`."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import tempfile
from pathlib import Path

MEASURES = {
    "bill": "a whole governed run against one plain full fine-tuning, and what of it the evidence takes",
    "backbone": "the backbone pass against a plain loop and ONNX Runtime",
    "blocks": "fine-tuning of top blocks from cached activations against live",
    "memory": "peak memory of ranking with ten times the pictures",
    "registry": "a registry of a million models: exposure, ancestors, registering, advisories, verification",
    "vetting": "hostile, benign and real files before Touchstone and before other scanners",
    "mlflow_import": "100,000 versions of a real MLflow server taken in",
}


def main() -> None:
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*MEASURES, []], help="which; all where none is named")
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name in wanted.names or MEASURES:
        print(f"\n{name}: {MEASURES[name]}", flush=True)
        module = importlib.import_module(f"benchmarks.{name}")
        with tempfile.TemporaryDirectory() as folder:
            for ratio in module.measure(Path(folder), wanted.rounds):
                print("  " + str(ratio).replace("\n", "\n  "), flush=True)


if __name__ == "__main__":
    main()
