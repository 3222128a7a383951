"""Plant faults and grade the checks: `python -m benchmarks.faults [FAMILY ...] [--studies N] [--write]`."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks.faults.family import families
from benchmarks.faults.grading import Grade, grade
from benchmarks.faults.page import page

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def main() -> None:
    every = families()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="FAMILY", help=f"all where none is named: {', '.join(every)}")
    parser.add_argument("--studies", type=int, default=10, help="of each strength, clean and hard")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}; takes every family")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(every):
        parser.error(f"no such family: {', '.join(sorted(unknown))}")
    if wanted.write and wanted.names:
        parser.error("--write takes every family")
    graded: dict[str, list[Grade]] = {}
    with tempfile.TemporaryDirectory() as home:
        os.environ["TOUCHSTONE_HOME"] = home
        for name in wanted.names or every:
            graded[name] = grade(name, every[name], wanted.studies, wanted.seed)
            for one in graded[name]:
                print(
                    f"{name:22s} {one.kind[:42]:42s} failed {one.failed:3d} of {one.n} ({one.ends[0]:.2f} to "
                    f"{one.ends[1]:.2f}), inconclusive {one.doubtful}, {one.seconds:.1f} s a study",
                    flush=True,
                )
    if wanted.write:
        PAGE.write_text(page(graded, every, wanted.studies), encoding="utf-8")
        print(f"-> {PAGE}")


if __name__ == "__main__":
    main()
