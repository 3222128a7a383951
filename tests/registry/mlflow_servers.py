"""A real MLflow server on this machine, where one is installed (`make test-mlflow` installs one apart)."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER = os.environ.get("TOUCHSTONE_TEST_MLFLOW") or shutil.which("mlflow")
"""The program that starts one."""
WHY_NOT = (
    "the extra mlflow is not installed" if importlib.util.find_spec("mlflow") is None
    else "" if SERVER else "no MLflow server is installed: make test-mlflow"
)  # fmt: skip
"""Why nothing can be tested here; empty where it can."""
SECONDS = 120


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The address of an empty server that ends with the block."""
    assert SERVER is not None, "asked for only where there is one"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [
        SERVER, "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--default-artifact-root", str(folder / "artifacts"),
    ]  # fmt: skip
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=folder, env={**environment, "MLFLOW_DISABLE_TELEMETRY": "true"},
            start_new_session=True,
        )  # fmt: skip
    try:
        _wait(server, address, folder / "log")
        yield address
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # there is nothing to keep, and it would finish what it does first
        server.wait()


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    for _ in range(SECONDS * 5):
        assert server.poll() is None, log.read_text(errors="replace")[-2000:]
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"no answer within {SECONDS} s: {log.read_text(errors='replace')[-2000:]}")
