"""Plant faults and grade the checks: `python -m benchmarks.faults [FAMILY ...] [--studies N] [--write]`.

Studies that were asked on this very code are kept, so that a benchmark can be stopped, or made family by family;
`--minutes 0` only counts them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.faults.asking import ROOT, Asking
from benchmarks.faults.family import families
from benchmarks.faults.grading import Grade, grade
from benchmarks.faults.page import page

PAGE = ROOT / "docs" / "faults.md"


def main() -> None:
    every = families()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="FAMILY", help=f"all where none is named: {', '.join(every)}")
    parser.add_argument("--studies", type=int, default=10, help="of each strength, clean and hard")
    parser.add_argument("--runs", type=int, help="the same for families that need whole runs; as many where not given")
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), help="after these no study is begun; what there is counts"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--kept", type=Path, default=ROOT / "build" / "faults", help="folder of the studies asked so far"
    )
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}; takes every family")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(every):
        parser.error(f"no such family: {', '.join(sorted(unknown))}")
    if wanted.write and wanted.names:
        parser.error("--write takes every family")
    runs = wanted.studies if wanted.runs is None else wanted.runs
    graded: dict[str, list[Grade]] = {}
    asking = Asking(wanted.kept, wanted.seed, 60 * wanted.minutes)
    for name in wanted.names or every:
        graded[name] = grade(name, every[name], runs if every[name].verb == "run" else wanted.studies, asking)
        for one in graded[name]:
            print(
                f"{name:22s} {one.kind[:42]:42s} failed {one.failed:3d} of {one.n} ({one.ends[0]:.2f} to "
                f"{one.ends[1]:.2f}), inconclusive {one.doubtful}, {one.seconds:.1f} s a study",
                flush=True,
            )
    if wanted.write:
        PAGE.write_text(page(graded, every), encoding="utf-8")
        print(f"-> {PAGE}")


if __name__ == "__main__":
    main()
