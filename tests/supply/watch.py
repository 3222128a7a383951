"""Watching that vetting runs nothing: an audit hook over imports by name, processes, sockets and files written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np  # loads C libraries of its own, once

_RUNNING = (
    "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "subprocess.Popen", "pty.spawn",
    "socket.connect", "socket.getaddrinfo", "socket.bind", "socket.__new__", "pickle.find_class", "ctypes.dlopen", "urllib.Request",
    "code.__new__", "exec", "compile", "marshal.loads",
)  # fmt: skip
assert np.array is not None
_events: list[str] = []
_awake = [False]
_hooked = [False]


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _awake[0]:
        return
    if event in _RUNNING and not (event in ("compile", "exec", "marshal.loads", "code.__new__") and _importing()):
        _events.append(f"{event} {arguments!r:.200}")


def _importing() -> bool:
    """Whether Python itself is loading one of our own or the standard library's modules."""
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib") or frame.f_code.co_filename.endswith(
            "dataclasses.py"
        ):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


@contextmanager
def nothing_runs() -> Iterator[None]:
    """Fail where the block executes, connects or looks a pickle's name up."""
    if not _hooked[0]:
        sys.addaudithook(_hook)
        _hooked[0] = True
    _events.clear()
    _awake[0] = True
    try:
        yield
    finally:
        _awake[0] = False
    assert not _events, _events
