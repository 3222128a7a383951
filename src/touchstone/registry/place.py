"""Where the registry is: one URL, a project's own file, or the user's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from touchstone.core.errors import Fault, RegistryError

FOLDER = ".touchstone"
FILE = "registry.db"
CHECKPOINTS = "checkpoints"

_OVER_A_NETWORK = frozenset({
    "nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afs", "9p", "ceph", "glusterfs", "lustre", "gpfs", "beegfs",
    "orangefs", "davfs", "fuse.sshfs", "fuse.glusterfs", "fuse.davfs", "fuse.rclone", "fuse.s3fs", "fuse.gcsfuse", "fuse.cephfs",
})  # fmt: skip
"""File systems on which SQLite's locks and shared memory are not to be relied upon."""


@dataclass(frozen=True, slots=True)
class Place:
    """A registry: a SQLite file or a PostgreSQL URL, and the second place that its checkpoints go to."""

    url: str
    path: Path | None
    """The SQLite file; None on a server."""
    checkpoints: Path
    """A folder apart from the database."""

    def __str__(self) -> str:
        """As told to people: no password is ever shown."""
        if self.path is not None:
            return str(self.path)
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}"


def find(given: str | None, start: Path, home: Path) -> Place:
    """The registry that is meant.

    Parameters
    ----------
    given : a ``postgresql://`` URL or a path, from ``--registry`` or ``$TOUCHSTONE_REGISTRY``; None looks for
        ``.touchstone/`` in ``start`` and the folders above it, as git finds its own, and else takes the user's
    home : the state folder; checkpoints go below it

    Raises
    ------
    RegistryError
        where the URL is of another kind, or the file would lie on a network file system
    """
    checkpoints = home / CHECKPOINTS
    if given and "://" in given:
        return Place(_server(given), None, checkpoints)
    path = Path(given).expanduser().absolute() if given else _upward(start.absolute()) or home / FILE
    _refuse_network(path)
    return Place(f"sqlite:///{path}", path, checkpoints)


def _server(url: str) -> str:
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise RegistryError(
            Fault("--registry", f"{scheme}:// is no kind of registry", "give a file or a postgresql:// URL")
        )
    return f"postgresql+psycopg://{rest}"


def _upward(start: Path) -> Path | None:
    return next((folder / FOLDER / FILE for folder in (start, *start.parents) if (folder / FOLDER).is_dir()), None)


def _refuse_network(path: Path) -> None:
    kind = file_system(path)
    if kind in _OVER_A_NETWORK:
        raise RegistryError(
            Fault(
                str(path),
                f"lies on a network file system ({kind}), where two writers can destroy a SQLite file",
                "put it on a local disk, or use a PostgreSQL URL",
            )
        )


def file_system(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str | None:
    """The kind of file system that a path is or would be on; None where the machine does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    parts = [line.split() for line in lines]
    return _innermost(path.resolve(), ((Path(_unescaped(part[1])), part[2]) for part in parts if len(part) > 2))


def _innermost(path: Path, mounted: Iterable[tuple[Path, str]]) -> str | None:
    holding = [(len(point.parts), kind) for point, kind in mounted if path == point or point in path.parents]
    # Of two mounts on one point the later hides the earlier.
    return max(enumerate(holding), key=lambda one: (one[1][0], one[0]))[1][1] if holding else None


def _unescaped(point: str) -> str:
    return point.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
