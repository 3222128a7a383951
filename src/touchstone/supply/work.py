"""How much reading a file may ask for: a small file that asks for a lot is no data, and gets its answer all the same."""

from __future__ import annotations

from touchstone.supply.rules import Refused

LEAST = 250_000
"""Steps that every file may take: about 50 ms of one core of 2026, and a checkpoint of 2,000 tensors."""
SMALL = 1 << 20
"""Bytes up to which no more than that is allowed; beyond, each byte brings a step."""
OPERATION, CALL, RECORD, TENSOR, CONVERTED, MEMBER = 2, 6, 30, 36, 24, 230
"""Steps for what takes longer than one of the opcodes that state dicts are made of (about a fifth of a microsecond):
another opcode, a call or name in a pickle, a record of an archive, a tensor of a header, a tensor on its way into
safetensors, and a member that is judged or converted as a file of its own."""
VALUE, LIST, OBJECT = 2, 2, 6
"""Steps for a value, a list and an object of JSON."""


class Work:
    """What is left of a file's steps; its parts and members draw on the same."""

    def __init__(self, size: int) -> None:
        self.left = LEAST + max(0, size - SMALL)

    def spend_on_json(self, data: bytes) -> None:
        """Take the steps of parsing JSON and looking at every value in it, told from its marks."""
        self.spend(VALUE * data.count(b",") + LIST * data.count(b"[") + OBJECT * data.count(b"{"))

    def spend(self, steps: int) -> None:
        """Take steps.

        Raises
        ------
        Refused
            where there are not so many left
        """
        self.left -= steps
        if self.left < 0:
            raise Refused("file.work", "reading it takes more steps than data of its size need")
