"""``make demo``: the whole portal on one machine, from nothing to a ready address, until Ctrl-C.

python -m portal.operations.demo [run|stop]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from portal.languages.catalogue import compile_catalogue
from portal.operations import embedded, environment, processes
from portal.operations.problems import DemoProblem, OperationsProblem
from portal.operations.supervisor import Service, StopRequested, Supervisor, require_free_port, supervisor_pid

_REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what others bind to, not what we bind to
ROOT = Path(__file__).resolve().parents[2]
_READY_SECONDS = 90
_STOP_SECONDS = 60
_MADE_BY_THE_DEMO = ("media", "mail", "erp", "static", "demo-logins.json", "celerybeat-schedule")


def run(variables: Mapping[str, str], var: Path) -> None:
    """Start everything and watch it; returns after Ctrl-C or SIGTERM, raises ``OperationsProblem`` for the rest."""
    if variables.get("PORTAL_ENV") == "production":
        raise DemoProblem(
            "The demo is not for production: unset PORTAL_ENV, or see docs/operating.md for the real thing."
        )
    reset = variables.get("RESET", "") not in ("", "0")
    if reset and variables.get("DATABASE_URL"):
        raise DemoProblem(
            "RESET=1 deletes only the embedded database; unset DATABASE_URL, or empty your database yourself."
        )
    supervisor = Supervisor(var, {**variables, "PYTHONUNBUFFERED": "1"})
    with supervisor.hold():
        former_run_was_killed = supervisor.stop_former_run()
        settings = environment.read(variables, var)
        require_free_port(settings.host, settings.port)
        if reset:
            _reset(var)
        stops_servers = settings.embedded and (former_run_was_killed or not embedded.is_running(var))
        try:
            _prepare(supervisor, settings, var)
            for service in _services(settings, var):
                supervisor.start(service)
            answer = _Readiness(settings.host, settings.port)
            supervisor.wait_until(answer.is_ready, _READY_SECONDS, answer.complaint)
            _announce(settings, var)
            supervisor.watch()
        except StopRequested:
            print("Stopping …", flush=True)
        finally:
            supervisor.stop_all()
            if stops_servers:
                embedded.stop(var)


def stop(var: Path) -> None:
    """Stop a running demo, what a killed one left, and the embedded servers."""
    pid = supervisor_pid(var)
    if pid is not None:
        os.kill(pid, 15)
        if not processes.wait_until_gone(pid, _STOP_SECONDS):
            raise DemoProblem(f"The demo (process {pid}) does not end; kill it with: kill -9 {pid}")
    if var.exists():
        with Supervisor(var, os.environ).hold() as supervisor:
            supervisor.stop_former_run()
    embedded.stop(var)


def _reset(var: Path) -> None:
    print("Starting over: the data of the former demo is deleted.", flush=True)
    embedded.destroy(var)
    for name in _MADE_BY_THE_DEMO:
        path = var / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _prepare(supervisor: Supervisor, settings: environment.Environment, var: Path) -> None:
    if settings.embedded:
        print("Starting PostgreSQL and Valkey …", flush=True)
        embedded.ensure_running(var)
    compile_catalogue()
    supervisor.run(_manage("migrate", "--verbosity=0"))
    supervisor.run(_manage("load_demo"))


def _manage(*arguments: str) -> Service:
    return Service(f"manage.py {arguments[0]}", [sys.executable, str(ROOT / "manage.py"), *arguments])


def _services(settings: environment.Environment, var: Path) -> list[Service]:
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "portal"]
    address = f"[{settings.host}]" if ":" in settings.host else settings.host
    gunicorn = [*python, "gunicorn", "portal.wsgi:application", "--bind", f"{address}:{settings.port}"]
    return [
        Service("web", [*gunicorn, "--workers", "2", "--threads", "4", "--access-logfile", "-"]),
        Service("worker", [*celery, "worker", "--concurrency", "2", "--loglevel", "INFO"]),
        Service(
            "beat",
            [*celery, "beat", "--schedule", str(var / "celerybeat-schedule"), "--pidfile", "", "--loglevel", "INFO"],
        ),
        # Without a partner on the other side an approved order would never be shipped.
        Service("erp", [sys.executable, str(ROOT / "manage.py"), "demo_erp_partner", "--every", "20"]),
    ]


class _Readiness:
    """Asks ``/health/ready`` and remembers the last answer for the complaint."""

    def __init__(self, host: str, port: int) -> None:
        self._host = _REACHED_AT.get(host, host)
        self._port = port
        self._last = "it did not answer"

    def is_ready(self) -> bool:
        try:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=10)
            connection.request("GET", "/health/ready", headers={"Host": f"localhost:{self._port}"})
            response = connection.getresponse()
            self._last = f"it answered {response.status}: {response.read(300).decode(errors='replace')}"
        except (OSError, http.client.HTTPException) as why:
            self._last = f"it did not answer ({why})"
            return False
        return response.status == 200

    def complaint(self) -> str:
        return (
            f"The portal was not healthy after {_READY_SECONDS} s at /health/ready: {self._last}; see var/log/web.log."
        )


def _announce(settings: environment.Environment, var: Path) -> None:
    print(f"\nReady: {settings.portal_url}/\n")
    logins = json.loads((var / "demo-logins.json").read_text()) if (var / "demo-logins.json").exists() else []
    if logins:
        columns = [("role", "Role"), ("email", "E-mail"), ("password", "Password")]
        rows = [[title for _, title in columns], *([str(login[key]) for key, _ in columns] for login in logins)]
        widths = [max(len(row[index]) for row in rows) for index in range(len(columns))]
        for row in rows:
            print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print("\nCtrl-C stops everything; the data stays in var/. Logs: var/log/", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 after Ctrl-C, 1 when it could not start or a process ended, with the reason in one message."""
    parser = argparse.ArgumentParser(prog="python -m portal.operations.demo", description=__doc__)
    parser.add_argument("command", choices=["run", "stop"], nargs="?", default="run")
    options = parser.parse_args(arguments)
    var = Path(os.environ.get("PORTAL_VAR") or ROOT / "var").absolute()
    try:
        if options.command == "stop":
            stop(var)
        else:
            run(os.environ, var)
    except StopRequested:
        return 0
    except OperationsProblem as why:
        print(f"\n{why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
