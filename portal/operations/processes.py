"""Facts about processes, read from ``/proc``."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path


def start_ticks(pid: int) -> int | None:
    """When the process started, in clock ticks since boot; None when it is gone or a zombie.

    Together with the pid this names one process for ever: a pid may be given out again, the pair may not.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def is_alive(pid: int) -> bool:
    """Whether a process with this pid runs (a zombie does not)."""
    return start_ticks(pid) is not None


def program(pid: int) -> str:
    """The name of the program the process runs, or an empty string when it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def wait_until_gone(pid: int, seconds: float) -> bool:
    """Wait until the process has ended; False when it still runs after that many seconds."""
    deadline = time.monotonic() + seconds
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        _reap(pid)
        time.sleep(0.02)
    return True


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
