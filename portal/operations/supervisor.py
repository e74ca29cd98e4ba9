"""Runs a few processes as one: starts them, watches them, and leaves none behind.

Each process leads a session of its own and is written down as pid and start time, so that the next run finds and stops
what a killed one left. One supervisor per folder at a time, by a lock that the kernel frees.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from portal.operations import processes
from portal.operations.problems import DemoProblem

_STOP_SECONDS = 20.0
_TICK = 0.1
_LAST_LINES = 15
_LARGEST_LOG = 10_000_000


class StopRequested(BaseException):
    """Ctrl-C or SIGTERM came; like KeyboardInterrupt it is no error, and nothing but the supervisor catches it."""


@dataclass(frozen=True)
class Service:
    """A process to keep: its name in messages and logs, and its command."""

    name: str
    command: Sequence[str]


class Supervisor:
    """Starts services in order, and stops all of them in the opposite order when one ends or somebody asks.

    Use within ``with Supervisor(var).hold():``, which takes the lock, catches the signals and cleans up.
    """

    def __init__(self, var: Path, variables: Mapping[str, str], stop_seconds: float = _STOP_SECONDS) -> None:
        self._var = var
        self._variables = dict(variables)
        self._stop_seconds = stop_seconds
        self._running: list[tuple[Service, subprocess.Popen[bytes], int]] = []
        self._requests = 0

    @contextlib.contextmanager
    def hold(self) -> Iterator[Supervisor]:
        """Be the only supervisor of this folder; on leaving, however it happens, every process has been stopped."""
        with _only_one(self._var):
            former = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
            try:
                yield self
            finally:
                self.stop_all()
                for number, handler in former.items():
                    signal.signal(number, handler)

    def stop_former_run(self) -> bool:
        """Stop what a killed supervisor left running; True when there was a run that did not end properly."""
        found = False
        for record in _records(self._var):
            found = True
            _stop_recorded(record, self._stop_seconds)
            record.unlink(missing_ok=True)
        return found

    def run(self, service: Service) -> None:
        """Run a step to its end with its output shown; raises ``DemoProblem`` when it fails."""
        process = self._start(service, None)
        while process.poll() is None:
            self._tick()
        self._forget(process)
        if process.returncode != 0:
            raise DemoProblem(f"`{service.name}` failed with status {process.returncode}; its reason stands above.")

    def start(self, service: Service) -> None:
        """Start a service that is to keep running, its output in ``var/log/<name>.log``."""
        path = self.log_path(service)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _LARGEST_LOG:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            self._start(service, log)

    def wait_until(self, reached: Callable[[], bool], seconds: float, otherwise: Callable[[], str]) -> None:
        """Wait for a condition while every service lives; raises ``DemoProblem(otherwise())`` when time is up."""
        deadline = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > deadline:
                raise DemoProblem(otherwise())
            self.watch_once()

    def watch(self) -> None:
        """Watch until a service ends (``DemoProblem`` with its last lines) or a signal comes (``StopRequested``)."""
        while True:
            self.watch_once()

    def watch_once(self) -> None:
        """Wait a moment; raise when a service has ended or a signal has come."""
        self._tick()
        for service, process, offset in self._running:
            if process.poll() is not None:
                raise DemoProblem(self._obituary(service, process.returncode, offset))

    def stop_all(self) -> None:
        """Ask every process to end, the last started first; what does not (or at a second Ctrl-C) is killed."""
        for _, process, _ in reversed(self._running):
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + self._stop_seconds
        for _, process, _ in reversed(self._running):
            while process.poll() is None and time.monotonic() < deadline and self._requests < 2:
                time.sleep(_TICK)
        for _, process, _ in list(self._running):
            _kill_group(process.pid)
            process.wait()
            self._forget(process)

    def log_path(self, service: Service) -> Path:
        """Where the service's output goes."""
        return self._var / "log" / f"{service.name}.log"

    def _start(self, service: Service, log: IO[bytes] | None) -> subprocess.Popen[bytes]:
        offset = log.tell() if log else 0
        process = subprocess.Popen(
            service.command,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT if log else None,
            start_new_session=True,
        )
        self._running.append((service, process, offset))
        record = {"name": service.name, "pid": process.pid, "start_ticks": processes.start_ticks(process.pid)}
        path = _record_path(self._var, process.pid)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record))
        return process

    def _forget(self, process: subprocess.Popen[bytes]) -> None:
        self._running = [entry for entry in self._running if entry[1] is not process]
        _record_path(self._var, process.pid).unlink(missing_ok=True)

    def _tick(self) -> None:
        time.sleep(_TICK)
        if self._requests:
            raise StopRequested

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._requests += 1

    def _obituary(self, service: Service, status: int, offset: int) -> str:
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        with self.log_path(service).open("rb") as log:
            log.seek(offset)
            lines = log.read().decode(errors="replace").splitlines()[-_LAST_LINES:]
        last = "".join(f"\n    {line}" for line in lines) or " (nothing)"
        return f"The process '{service.name}' {how}. Its last lines in {self.log_path(service)}:{last}"


def require_free_port(host: str, port: int) -> None:
    """Raise ``DemoProblem`` when nobody can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as why:
            raise DemoProblem(
                f"Port {port} on {host} cannot be used ({why.strerror}); choose another: make demo PORT=8001"
            ) from why


def supervisor_pid(var: Path) -> int | None:
    """The process that holds the folder now, or None."""
    path = var / "demo.lock"
    try:
        with path.open("r") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read() or 0) or None
    except (OSError, ValueError):
        pass
    return None


@contextlib.contextmanager
def _only_one(var: Path) -> Iterator[None]:
    try:
        var.mkdir(parents=True, exist_ok=True)
        lock = (var / "demo.lock").open("a+")
    except OSError as why:
        raise DemoProblem(
            f"The folder {var} cannot be written ({why.strerror}); make it writable or move it away."
        ) from why
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as why:
            lock.seek(0)
            raise DemoProblem(
                f"The demo already runs here (process {lock.read() or 'unknown'}); "
                f"end it with Ctrl-C there or with `make stop`."
            ) from why
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
        lock.truncate(0)


def _record_path(var: Path, pid: int) -> Path:
    return var / "pids" / f"{pid}.json"


def _records(var: Path) -> list[Path]:
    return sorted((var / "pids").glob("*.json"))


def _stop_recorded(record: Path, seconds: float) -> None:
    """Stop the recorded session if it still is the recorded one."""
    try:
        known = json.loads(record.read_text())
        pid, ticks = int(known["pid"]), int(known["start_ticks"])
    except (OSError, ValueError, KeyError, TypeError):
        return
    if processes.start_ticks(pid) == ticks:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        processes.wait_until_gone(pid, seconds)
    elif processes.is_alive(pid):
        return  # the number has been given to somebody else, who now leads any session of this name
    _kill_group(pid)


def _kill_group(pid: int) -> None:
    """Kill what is left of the session a process led; a number in use as a group is not given out again."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
