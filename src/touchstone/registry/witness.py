"""The head of the log as a file of its own, to be kept by somebody else: it can be signed, and vouches for all before it."""

from __future__ import annotations

import json
from pathlib import Path

from touchstone.core import digest
from touchstone.core.errors import Fault, RegistryError
from touchstone.registry import keys
from touchstone.registry.book import Registry
from touchstone.registry.checkpoints import Checkpoint
from touchstone.registry.log import head

SCHEMA = "touchstone/checkpoint/1"
_PURPOSE = b"touchstone checkpoint 1\n"


def made(registry: Registry, key: Path | None) -> str:
    """The text of a file that says where the log ends now.

    Parameters
    ----------
    key : a private key that signs it; without one anybody could have written it
    """
    with registry.reading() as session:
        end = head(session)
    said = {"schema": SCHEMA, "registry": registry.id, "seq": end.seq, "hash": end.hash, "time": end.time}
    signature = keys.signed(key, _PURPOSE + digest.canonical_json(said).encode()) if key else None
    return json.dumps({**said, "signature": signature}, indent=2) + "\n"


def read(path: Path, registry: Registry, key: Path | None) -> Checkpoint:
    """A checkpoint that was kept elsewhere.

    Parameters
    ----------
    key : the public key of who signed it; a file that is not signed with it is refused

    Raises
    ------
    RegistryError
        where it is no checkpoint, of another registry, or its signature does not hold
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        signature = plain.pop("signature")
        found = Checkpoint(int(plain["seq"]), str(plain["hash"]), str(plain["time"]))
        told = (plain["schema"], plain["registry"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        what = f"is no checkpoint that can be read ({type(fault).__name__})"
        raise RegistryError(Fault(str(path), what, "touchstone registry checkpoint writes one")) from fault
    if told != (SCHEMA, registry.id):
        raise RegistryError(
            Fault(str(path), f"is of another registry ({str(told[1])[:40]})", "name the one of this registry")
        )
    if key is not None and not keys.vouches(
        key, _PURPOSE + digest.canonical_json(plain).encode(), str(signature or "")
    ):
        raise RegistryError(Fault(str(path), "was not signed with this key, or was changed", "do not rely on it"))
    return found
