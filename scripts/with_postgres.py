"""Run a command with a PostgreSQL server of its own, in a folder that is thrown away afterwards.

python scripts/with_postgres.py COMMAND ...

The server's URL is in TOUCHSTONE_TEST_POSTGRES. Needs initdb and pg_ctl of PostgreSQL (on PATH, or where Debian puts
them); exit status 77 where there are none.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

NOT_HERE = 77
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/local/opt/postgresql*/bin", "/opt/homebrew/opt/postgresql*/bin")


def program(name: str) -> str | None:
    """Where a program of PostgreSQL stands; the newest version of several."""
    if found := shutil.which(name):
        return found
    others = [path / name for pattern in _PLACES for path in Path("/").glob(pattern.removeprefix("/"))]
    return str(max(path for path in others if path.is_file())) if any(path.is_file() for path in others) else None


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    if initdb is None or pg_ctl is None:
        print("there is no PostgreSQL server here (initdb, pg_ctl): apt-get install postgresql")
        return NOT_HERE
    # The server refuses to run as the administrator; Debian's package brings an account for it.
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="touchstone-pg-") as folder:
        if user:
            shutil.chown(folder, "postgres", "postgres")
        data, log = f"{folder}/data", f"{folder}/log"
        quiet = {"stdout": subprocess.DEVNULL, "cwd": folder, "check": True, **user}
        subprocess.run([initdb, "-D", data, "-U", "touchstone", "-A", "trust", "-E", "UTF8"], **quiet)
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=50"
        subprocess.run([pg_ctl, "-D", data, "-l", log, "-w", "-o", options, "start"], **quiet)
        try:
            url = f"postgresql://touchstone@127.0.0.1:{port}"
            return subprocess.run(
                sys.argv[1:], env=os.environ | {"TOUCHSTONE_TEST_POSTGRES": url}, check=False
            ).returncode
        finally:
            subprocess.run([pg_ctl, "-D", data, "-m", "immediate", "stop"], **quiet)


if __name__ == "__main__":
    sys.exit(main())
