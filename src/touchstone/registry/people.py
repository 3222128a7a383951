"""Who acts: a pseudonym in the log, the name and what was said in private under a key that can be destroyed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from touchstone.core import digest
from touchstone.core.errors import Fault, RegistryError
from touchstone.registry.store import Session

ERASED = "(erased)"
SYSTEM = "touchstone"
"""The actor of what no person did."""
_NONCE = 12


def pseudonym(session: Session, name: str) -> str:
    """The id that stands for a person in the log; made, with a key, when the name is new."""
    name = _sound(name)
    if name == SYSTEM:
        return SYSTEM
    found = session.value("SELECT id FROM identity WHERE name = :name", name=name)
    if found is not None:
        return str(found)
    id = f"person:{secrets.token_hex(8)}"
    session.run(
        "INSERT INTO identity (id, name, cipher_key) VALUES (:id, :name, :key)",
        id=id, name=name, key=secrets.token_bytes(32),
    )  # fmt: skip
    return id


def names(session: Session) -> dict[str, str]:
    """Every pseudonym with the name behind it."""
    found = session.rows("SELECT id, name FROM identity")
    return {SYSTEM: SYSTEM} | {id: ERASED if name is None else name for id, name in found}


def _sound(name: str) -> str:
    plain = name.strip()
    if not plain or len(plain) > 200 or not plain.isprintable():
        raise RegistryError(
            Fault("--as", f"{plain[:40]!r} is no name", "give a name of printable characters, 200 at most")
        )
    return plain


def seal(session: Session, id: str, facts: Mapping[str, Any]) -> str:
    """Keep what is personal, enciphered; the digest is taken over what is stored, which tells nothing."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key = session.value("SELECT cipher_key FROM identity WHERE id = :id", id=id)
    nonce = secrets.token_bytes(_NONCE)
    data = nonce + AESGCM(bytes(key)).encrypt(nonce, digest.canonical_json(dict(facts)).encode(), id.encode())
    named = digest.of_bytes(data)
    session.run("INSERT INTO body (digest, key_id, bytes) VALUES (:digest, :id, :data)", digest=named, id=id, data=data)
    return named


def unseal(session: Session, named: str) -> dict[str, Any]:
    """What was kept under a digest; empty where the person's key is gone."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    found = session.row(
        "SELECT body.bytes, identity.cipher_key, identity.id FROM body JOIN identity ON identity.id = body.key_id "
        "WHERE body.digest = :digest", digest=named,
    )  # fmt: skip
    if found is None or found[0] is None or found[1] is None:
        return {}
    data, key = bytes(found[0]), bytes(found[1])
    try:
        plain: dict[str, Any] = json.loads(AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], found[2].encode()))
    except InvalidTag:
        return {}
    return plain


def erase(session: Session, name: str) -> str:
    """Destroy a person's key and name; every event stays, and stays valid.

    Raises
    ------
    RegistryError
        where nobody of that name is known
    """
    id = session.value("SELECT id FROM identity WHERE name = :name", name=name)
    if id is None:
        raise RegistryError(Fault(name, "nobody of this name has acted here"))
    session.run("UPDATE identity SET name = NULL, cipher_key = NULL WHERE id = :id", id=id)
    session.run("UPDATE body SET bytes = NULL WHERE key_id = :id", id=id)
    return str(id)
