"""Make an environment with timm beside this one: python scripts/timm_environment.py FOLDER.

It sees everything that is installed here, timm without what timm depends on, and a stand-in for torchvision where there
is no real one, so that also fresh processes and workers of the tests see them. Nothing is added to this environment.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

STAND_IN = Path(__file__).resolve().parents[1] / "tests" / "torchvision_stub"


def main(folder: Path) -> int:
    """Status of the installation; a folder that is not whole is taken away again."""
    venv.create(folder, clear=True, with_pip=False)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    here = sysconfig.get_path("purelib")
    (packages / "beside.pth").write_text(f"import site; site.addsitedir({here!r})\n{STAND_IN}\n", "utf-8")
    install = [
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--target",
        str(packages),
        "timm>=1.0.24",
    ]
    status = subprocess.run([sys.executable, "-m", "pip", *install], check=False).returncode
    if status:
        shutil.rmtree(folder)
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
