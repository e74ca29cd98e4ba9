"""The embedded servers of a portal without configuration: a private PostgreSQL and a private Valkey under ``var/``.

``database_url``, ``broker_url``, ``cache_url`` and ``valkey_url`` are pure; ``ensure_running`` makes them true.

    python -m portal.operations.embedded start|stop|status|destroy [--var DIR] [--no-durable]
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from portal.operations import places, postgres, valkey
from portal.operations.places import broker_url, cache_url, database_url, valkey_url
from portal.operations.problems import EmbeddedServerError

__all__ = [
    "EmbeddedServerError",
    "broker_url",
    "cache_url",
    "database_url",
    "destroy",
    "ensure_running",
    "is_running",
    "stop",
    "valkey_url",
]

DEFAULT_VAR = Path(os.environ.get("PORTAL_VAR") or Path(__file__).resolve().parents[2] / "var").absolute()
_NEEDED_BYTES = 300_000_000


def is_running(var: Path) -> bool:
    """Whether both servers answer."""
    return valkey.is_running(var) and postgres.is_running(var)


def ensure_running(var: Path, *, durable: bool = True) -> None:
    """Start what does not run, attach to what does; both servers answer when this returns.

    Callers at the same time wait for each other. The servers outlive the caller until ``stop``. With ``durable=False``
    (tests) a crash of the machine may lose data; a server that already runs keeps the mode it was started with.
    Raises ``EmbeddedServerError`` with one sentence when it cannot.
    """
    if is_running(var):
        return
    with _lock(var):
        _make_run_directory(places.run_directory(var))
        with _plain_errors(var):
            if not postgres.is_running(var):
                _require_space(var)
                postgres.start(var, durable=durable)
            if not valkey.is_running(var):
                valkey.start(var, durable=durable)


def stop(var: Path) -> None:
    """Stop both servers if they run; the data stays."""
    if not var.exists():
        return
    with _lock(var), _plain_errors(var):
        valkey.stop(var)
        postgres.stop(var)


def destroy(var: Path) -> None:
    """Stop both servers and delete all their data, for good."""
    if not var.exists():
        return
    stop(var)
    with _lock(var), _plain_errors(var):
        outside = places.shared_state_directory(var)
        for path in (postgres.data_directory(var), var / "valkey", outside, places.run_directory(var)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
        if (var / "postgres").is_symlink():
            (var / "postgres").unlink()


@contextmanager
def _lock(var: Path) -> Iterator[None]:
    """One starter at a time, across processes; the kernel frees the lock of one that is killed."""
    with _plain_errors(var):
        var.mkdir(parents=True, exist_ok=True)
        lock = (var / "embedded.lock").open("w")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _plain_errors(var: Path) -> Iterator[None]:
    try:
        yield
    except EmbeddedServerError:
        raise
    except OSError as why:
        raise EmbeddedServerError(_sentence(why, var)) from why


def _sentence(why: OSError, var: Path) -> str:
    where = why.filename or var
    match why:
        case PermissionError():
            return f"The embedded servers may not write to {where}; make the folder writable or run as its owner."
        case FileExistsError() | NotADirectoryError():
            return f"The embedded servers need a folder at {where}, but a file is in the way; move it away."
        case OSError(errno=30):
            return f"The embedded servers cannot write to {where}: the file system is read-only."
        case OSError(errno=28):
            return f"The embedded servers cannot write to {where}: the disk is full."
    return f"The embedded servers cannot use {where}: {why.strerror or why}."


def _require_space(var: Path) -> None:
    free = shutil.disk_usage(postgres.data_directory(var) if postgres.data_directory(var).exists() else var).free
    if free < _NEEDED_BYTES:
        raise EmbeddedServerError(
            f"The embedded servers need {_NEEDED_BYTES // 1_000_000} MB of free disk at {var}, "
            f"but only {free // 1_000_000} MB are left."
        )


def _make_run_directory(run: Path) -> None:
    """A folder for sockets that only we and the database account can enter; one that somebody planted is refused."""
    with _plain_errors(run):
        if run.parent == places.ROOT_RUN:
            run.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            run.parent.chmod(0o755)
        run.mkdir(mode=0o700, exist_ok=True)
        found = run.lstat()
    if not stat.S_ISDIR(found.st_mode) or (os.geteuid() not in (0, found.st_uid)):
        raise EmbeddedServerError(f"The socket folder {run} belongs to somebody else; remove it and try again.")
    run.chmod(0o700)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 when done (``status``: when both run), 1 when not, 2 for a problem told in one sentence."""
    parser = argparse.ArgumentParser(prog="python -m portal.operations.embedded", description="The embedded servers.")
    parser.add_argument("command", choices=["start", "stop", "status", "destroy"])
    parser.add_argument("--var", type=Path, default=DEFAULT_VAR, help="the folder they live in (default: var/)")
    parser.add_argument("--no-durable", action="store_true", help="faster, but a crash may lose data (for tests)")
    options = parser.parse_args(arguments)
    try:
        match options.command:
            case "start":
                ensure_running(options.var, durable=not options.no_durable)
            case "stop":
                stop(options.var)
            case "destroy":
                destroy(options.var)
    except EmbeddedServerError as why:
        print(why, file=sys.stderr)
        return 2
    if options.command in ("start", "status"):
        running = is_running(options.var)
        print(
            f"{database_url(options.var)}\n{broker_url(options.var)}\n{cache_url(options.var)}"
            if running
            else "stopped"
        )
        return 0 if running else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
