"""Reading one pickle stream without carrying any of it out."""

from __future__ import annotations

import struct

from touchstone.supply.blob import Blob
from touchstone.supply.inert import Misfit
from touchstone.supply.pickle_machine import Broken, Machine, Resolve, Stream
from touchstone.supply.pickle_opcodes import OPCODES
from touchstone.supply.rules import Refused
from touchstone.supply.work import Work

MAXIMUM_OPCODES = 10_000_000


def run(blob: Blob, start: int = 0, resolve: Resolve | None = None, work: Work | None = None) -> Stream:
    """Follow one stream from ``start`` to its STOP or its break; nothing is executed, and nothing raised.

    Where its steps are used up, the stream is ``too_long``.

    Parameters
    ----------
    blob : the bytes
    start : where the stream begins
    resolve : from a persistent id to an inert object (a storage); raises ``Misfit`` for what it does not know
    work : steps that it may take; those of the file where none are given
    """
    work = blob.work if work is None else work
    machine = Machine(blob, start, resolve, OPCODES)
    stream = machine.stream
    try:
        machine.follow(min(work.left, MAXIMUM_OPCODES))
    except Broken as broken:
        stream.fault = str(broken)
    except Misfit:
        stream.fault = "a constructor is given what it cannot take"
    except Refused as refused:
        stream.fault = refused.reason
    except (IndexError, ValueError, struct.error, KeyError) as fault:
        stream.fault = f"an opcode finds nothing that it could work on ({type(fault).__name__})"
    stream.end = machine.position
    work.left -= machine.steps
    return stream
