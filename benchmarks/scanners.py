"""One scanner in a process of its own: folders come in line by line, what it says of each goes out as JSON.

Run by :mod:`benchmarks.vetting` under the Python of ``TOUCHSTONE_PEERS``; needs nothing but that scanner.
A folder with one file is given as that file. ``flagged`` is whatever the tool reports as an issue, also beside an error.
"""

from __future__ import annotations

import importlib.metadata
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

FLAGGED, CLEAN, UNREAD = "flagged", "clean", "unread"
Scan = Callable[[Path], str]
PICKLE = b"\x80\x04}."


def picklescan() -> Scan:
    """Its default, by which names that it only suspects are not flagged; an error counts where nothing is flagged."""
    from picklescan.scanner import scan_directory_path, scan_file_path

    def scan(path: Path) -> str:
        found = (scan_directory_path if path.is_dir() else scan_file_path)(str(path))
        return FLAGGED if found.issues_count else UNREAD if found.scan_err or not found.scanned_files else CLEAN

    return scan


def modelscan() -> Scan:
    """An issue of any severity is flagged; a file that it skips is unread, and its exit status says so too."""
    from modelscan.modelscan import ModelScan

    scanner = ModelScan()

    def scan(path: Path) -> str:
        scanner.scan(str(path))
        return FLAGGED if scanner.issues.all_issues else UNREAD if scanner.errors or not scanner.scanned else CLEAN

    return scan


def fickling() -> Scan:
    """Not likely safe is flagged; it takes pickles alone, so anything else raises and is unread."""
    from fickling import is_likely_safe

    def scan(path: Path) -> str:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        return CLEAN if all(is_likely_safe(str(file)) for file in files) else FLAGGED

    return scan


def modelaudit() -> Scan:
    """A warning or worse is flagged, as its exit status has it; an error without one is unread. It sends nothing."""
    os.environ.update(PROMPTFOO_DISABLE_TELEMETRY="1", DO_NOT_TRACK="1")
    from modelaudit.core import scan_model_directory_or_file
    from modelaudit.core_results import determine_exit_code, results_have_security_findings

    def scan(path: Path) -> str:
        found = scan_model_directory_or_file(str(path), cache_enabled=False)
        return FLAGGED if results_have_security_findings(found) else UNREAD if determine_exit_code(found) else CLEAN

    return scan


SCANNERS = {"modelscan": modelscan, "picklescan": picklescan, "fickling": fickling, "modelaudit": modelaudit}


def said(scan: Scan, path: Path) -> tuple[str, float]:
    """What a scanner calls it, and the seconds it took; raising is not reading."""
    started = time.perf_counter()
    try:
        word = scan(path)
    except BaseException as fault:  # foreign code on hostile files; Ctrl-C still ends the run
        if isinstance(fault, KeyboardInterrupt):
            raise
        word = UNREAD
    return word, time.perf_counter() - started


def main() -> None:
    name = sys.argv[1]
    logging.disable(logging.CRITICAL)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    with open(os.devnull, "w") as nowhere:  # what a tool prints for people; its own streams stay what they are
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    scan = SCANNERS[name]()
    with tempfile.TemporaryDirectory() as folder:
        warm = Path(folder) / "warm.pkl"
        warm.write_bytes(PICKLE)
        said(scan, warm)
    print(json.dumps({"version": importlib.metadata.version(name)}), file=answers)
    for line in sys.stdin:
        folder = Path(line.rstrip("\n"))
        files = list(folder.iterdir())
        word, seconds = said(scan, files[0] if len(files) == 1 else folder)
        print(json.dumps({"said": word, "seconds": seconds}), file=answers)


if __name__ == "__main__":
    main()
