"""Plant faults and grade the checks: `python -m benchmarks.faults [FAMILY ...] [--studies N] [--write]`.

Studies that were asked on this very code are kept, so that a benchmark can be stopped, or made family by family;
`--minutes 0` only counts them. With `--write` the counts of the families that were named take the place of their older ones in
`counts/`, and the page is written from all of them; each line says which version of the package it is about.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.faults.asking import ROOT, Asking
from benchmarks.faults.counts import Counted, keep, kept, version
from benchmarks.faults.family import families
from benchmarks.faults.grading import grade
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
    parser.add_argument("--write", action="store_true", help=f"write counts/ and {PAGE.name}")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(every):
        parser.error(f"no such family: {', '.join(sorted(unknown))}")
    runs = wanted.studies if wanted.runs is None else wanted.runs
    asking = Asking(wanted.kept, wanted.seed, 60 * wanted.minutes)
    for name in wanted.names or every:
        graded = grade(name, every[name], runs if every[name].verb == "run" else wanted.studies, asking)
        for one in graded:
            print(
                f"{name:22s} {one.kind[:42]:42s} failed {one.failed:3d} of {one.n} ({one.ends[0]:.2f} to "
                f"{one.ends[1]:.2f}), inconclusive {one.doubtful}, {one.seconds:.1f} s a study",
                flush=True,
            )
        if wanted.write and len(graded) == len(every[name].kinds):
            keep(name, Counted(version(), tuple(graded)))
            PAGE.write_text(page(kept(list(every)), every), encoding="utf-8")
    if wanted.write:
        print(f"-> {PAGE}")


if __name__ == "__main__":
    main()
