"""The whole portal as production runs it: gunicorn, a Celery worker and beat as processes, on the test database."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lxml.html
import requests

from portal.operations import places
from tests.environment import ROOT, VAR

READY_SECONDS = 60


@dataclass
class Stack:
    """A running portal and the folders around it."""

    url: str
    folder: Path
    variables: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]]

    @property
    def erp_out(self) -> Path:
        return self.folder / "erp-out"

    @property
    def erp_in(self) -> Path:
        return self.folder / "erp-in"

    def mails(self) -> str:
        """Everything that was mailed so far."""
        return "\n".join(path.read_text(encoding="utf-8") for path in sorted((self.folder / "mail").glob("*")))

    def manage(self, *arguments: str) -> str:
        """Run a management command beside the servers; it must succeed."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self.variables,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, name: str) -> None:
        """Start one of the processes, again after it was killed."""
        python = [sys.executable, "-m"]
        commands = {
            "web": [*python, "gunicorn", "portal.wsgi:application", "--bind", self.url.removeprefix("http://"),
                    "--workers", "1", "--threads", "4"],
            "worker": [*python, "celery", "-A", "portal", "worker", "--beat", "--concurrency", "1",
                       "--schedule", str(self.folder / "beat"), "--loglevel", "INFO"],
        }  # fmt: skip
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                commands[name], env=self.variables, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, name: str) -> None:
        """kill -9, with all children."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def log(self, name: str) -> str:
        """The last lines of a process's log, for a failing test's message."""
        return (self.folder / f"{name}.log").read_text(errors="replace")[-4000:]


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], Any], what: str, seconds: float = 30.0) -> Any:
    """Ask until the answer is true; fails naming what was waited for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds:.0f} s for {what}")


@contextmanager
def running_stack(database: str, folder: Path, number: int) -> Iterator[Stack]:
    """Run the portal on a test database; `number` keeps the brokers of two at once apart."""
    for name in ("erp-out", "erp-in", "mail", "media"):
        (folder / name).mkdir(parents=True)
    url = f"http://127.0.0.1:{free_port()}"
    base = os.environ.get("DATABASE_URL") or places.database_url(VAR)
    broker = os.environ.get("BROKER_URL") or places.broker_url(VAR)
    variables = os.environ | {
        "PORTAL_VAR": str(VAR),
        "DATABASE_URL": f"{base.rpartition('/')[0]}/{database}",
        "BROKER_URL": re.sub(r"virtual_host=\d+", f"virtual_host={number}", broker),
        "CACHE_URL": os.environ.get("CACHE_URL") or places.valkey_url(VAR, number),
        "STORAGE_URL": f"file://{folder / 'media'}",
        "EMAIL_URL": f"filemail://{folder / 'mail'}",
        "ERP_OUT_DIR": str(folder / "erp-out"),
        "ERP_IN_DIR": str(folder / "erp-in"),
        "ERP_QUIET_SECONDS": "0",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "PORTAL_URL": url,
    }
    stack = Stack(url, folder, variables, {})
    try:
        for name in ("web", "worker"):
            stack.start(name)
        until(lambda: _healthy(url), f"the portal: {stack.log('web')}", READY_SECONDS)
        yield stack
    finally:
        for name in list(stack.processes):
            stack.kill(name)


def _healthy(url: str) -> bool:
    try:
        return requests.get(f"{url}/health/ready", timeout=5).status_code == 200
    except requests.RequestException:
        return False


class Person:
    """Somebody with a browser that knows links and forms but no JavaScript."""

    def __init__(self, stack: Stack, language: str = "en") -> None:
        self.stack = stack
        self.session = requests.Session()
        self.session.cookies.set("django_language", language)
        self.page: Any = None
        self.response: requests.Response | None = None

    def open(self, path: str, status: int = 200) -> Any:
        """Open a page; the parsed page comes back and stays as `page`."""
        return self._take(self.session.get(self.stack.url + path, timeout=60), status)

    def download(self, path: str) -> requests.Response:
        """Fetch a file."""
        response = self.session.get(self.stack.url + path, timeout=120)
        assert response.status_code == 200, response.text[:500]
        return response

    def submit(self, action: str, status: int = 200, **values: Any) -> Any:
        """Fill in and send the form of the page whose action matches; fields not named keep what they have."""
        forms = self.page.xpath("//main//form") or self.page.forms
        form = next((form for form in forms if re.search(action, form.action or "")), None)
        assert form is not None, f"no form {action} in {[form.action for form in forms]}"
        data = dict(form.form_values())
        files = {name: value for name, value in values.items() if isinstance(value, Path)}
        data |= {name: value for name, value in values.items() if name not in files}
        address = requests.compat.urljoin(self.response.url, form.action or "")
        opened = {name: (path.name, path.read_bytes()) for name, path in files.items()}
        headers = {"Referer": self.response.url}
        method = "POST" if (form.method or "GET").upper() == "POST" else "GET"
        payload = {"data": data, "files": opened or None} if method == "POST" else {"params": data}
        return self._take(self.session.request(method, address, headers=headers, timeout=60, **payload), status)

    def sign_in(self, email: str, password: str) -> Any:
        """Sign in by e-mail and password."""
        self.open("/accounts/login/")
        self.submit("login|^$", login=email, password=password)
        assert "/accounts/login" not in self.response.url, self.text
        return self.page

    @property
    def text(self) -> str:
        """What the page says, white space folded."""
        main = self.page.find(".//main")
        return " ".join((self.page if main is None else main).text_content().split())

    def _take(self, response: requests.Response, status: int) -> Any:
        self.response = response
        self.page = lxml.html.fromstring(response.content, base_url=response.url)
        assert response.status_code == status, f"{response.url}: {response.status_code}\n{self.text[:3000]}"
        return self.page
