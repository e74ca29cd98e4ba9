"""Child processes for races: forked, with their own database connection, killed or stopped where a test says."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from django.db import connections


def start(work: Callable[[], object]) -> int:
    """Run `work` in a child process; answers its id."""
    connections.close_all()  # a connection shared by two processes would break both
    pid = os.fork()
    if pid:
        return pid
    try:
        _refuse_inherited_connections()
        work()
    except BaseException:
        traceback.print_exc(file=sys.stderr)
        os._exit(1)
    connections.close_all()
    os._exit(0)


def _refuse_inherited_connections() -> None:
    """The parent closed those it sees; one opened elsewhere, as under an event loop, would be used by both."""
    inherited = [each.alias for each in connections.all(initialized_only=True) if each.connection is not None]
    assert not inherited, f"the child shares the open connection {inherited} with its parent"


def wait(pid: int) -> int:
    """Wait for a child; its exit status, or minus the signal that killed it."""
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def wait_until_stopped(pid: int) -> None:
    """Wait until a child has stopped itself."""
    _, status = os.waitpid(pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), status


def kill_myself() -> NoReturn:
    """End like a machine that loses its power."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives SIGKILL")


def stop_myself() -> None:
    """Stand still until somebody sends SIGCONT."""
    os.kill(os.getpid(), signal.SIGSTOP)


def after(owner: Any, name: str, fault: Callable[[], object]) -> None:
    """Let a function do its work, then let the fault happen, once."""
    real, done = getattr(owner, name), []

    def faulty(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        if not done:
            done.append(True)
            fault()
        return result

    setattr(owner, name, faulty)
