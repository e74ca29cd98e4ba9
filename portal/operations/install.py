"""What ``make`` needs before anything else runs; the standard library alone, by the machine's own Python.

    python3 portal/operations/install.py runtime|dev

``runtime`` makes ``.venv`` with the locked requirements and installs, where it may, the system packages for PDFs.
``dev`` adds the locked tools of the tests and a Chromium. Done once per lock file: the second run takes no time.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
OLDEST_PYTHON = (3, 11)

PDF_LIBRARIES = {
    "libpango-1.0-0": "libpango-1.0.so.0",
    "libpangoft2-1.0-0": "libpangoft2-1.0.so.0",
    "libharfbuzz-subset0": "libharfbuzz-subset.so.0",
}
CHINESE_FONT = "fonts-noto-cjk"
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class InstallProblem(Exception):
    """Why the installation cannot go on, in one sentence."""


def main(arguments: list[str]) -> int:
    """Install for ``runtime`` or ``dev``; 0 when done, 1 with a sentence when it cannot be."""
    if arguments not in (["runtime"], ["dev"]):
        print("Usage: python3 portal/operations/install.py runtime|dev", file=sys.stderr)
        return 2
    try:
        require_python(sys.version_info[:2])
        with (ROOT / "Makefile").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two makes at once install one after the other
            make_environment()
            install_locked("requirements.txt")
            offer_pdf_packages()
            if arguments == ["dev"]:
                install_locked("requirements-dev.txt")
                offer_chromium()
    except InstallProblem as why:
        print(f"\n{why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def require_python(version: tuple[int, ...]) -> None:
    """Refuse a Python that is too old for the portal."""
    if version < OLDEST_PYTHON:
        raise InstallProblem(
            f"The portal needs Python 3.11 or newer, but {sys.executable} is {version[0]}.{version[1]}; "
            f"name another, for example: make PYTHON=python3.12 demo"
        )


def make_environment() -> None:
    """Make ``.venv``; one that is broken (interrupted, or its Python went away) is made anew."""
    if _works(VENV / "bin" / "python"):
        return
    if not os.access(ROOT, os.W_OK):
        raise InstallProblem(f"The folder {ROOT} cannot be written; copy the portal to a folder of your own.")
    if not _has_ensurepip():
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        _install_packages([f"python{version}-venv"], "This Python cannot make virtual environments")
        if not _has_ensurepip():
            raise InstallProblem(f"Install python{version}-venv (the command stands above), then run make again.")
    print("Making .venv …", flush=True)
    _run([sys.executable, "-m", "venv", "--clear", str(VENV)], "The virtual environment .venv could not be made")


def install_locked(name: str) -> None:
    """Install a lock file, unless exactly this one is installed."""
    stamp = VENV / f"{name}.stamp"
    wanted = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Installing {name} …", flush=True)
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*command, "--requirement", str(ROOT / name)], f"The packages of {name} could not be installed")
    stamp.write_text(wanted)


def offer_pdf_packages() -> None:
    """Install what PDFs need; where that is not allowed, name the command and go on without PDFs."""
    missing = [package for package, library in PDF_LIBRARIES.items() if not _loads(library)]
    if not _has_chinese_font():
        missing.append(CHINESE_FONT)
    if missing:
        _install_packages(missing, "PDFs stay off (Chinese ones at least) while system packages are missing")


def offer_chromium() -> None:
    """See to it that the browser tests find a browser: an installed one, one by apt, or Playwright's own."""
    if find_browser():
        return
    if _is_debian() and _install_packages(["chromium"], "The browser tests want Chromium") and find_browser():
        return
    print("Fetching Chromium for the browser tests …", flush=True)
    playwright = [str(VENV / "bin" / "playwright"), "install", "chromium"]
    if _privilege() == []:
        playwright.insert(2, "--with-deps")
    if subprocess.run(playwright, check=False).returncode != 0:
        print("No Chromium could be installed: the browser tests will be skipped.", flush=True)


def find_browser() -> str | None:
    """The program of an installed Chromium or Chrome, or of the one Playwright fetched."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    fetched = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    return next((str(path) for path in sorted(fetched.glob("chromium-*/chrome-linux*/chrome"))), None)


def _works(python: Path) -> bool:
    if not python.exists():
        return False
    try:
        done = subprocess.run([str(python), "-c", "import pip"], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _has_ensurepip() -> bool:
    return subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_chinese_font() -> bool:
    return any(next(folder.rglob("NotoSansCJK*"), None) for folder in FONT_FOLDERS if folder.is_dir())


def _is_debian() -> bool:
    try:
        return "\nID=debian\n" in "\n" + Path("/etc/os-release").read_text()
    except OSError:
        return False


def _privilege() -> list[str] | None:
    """What to put before a command to be root: nothing, ``sudo``, or None when we may not."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def _install_packages(packages: list[str], why: str) -> bool:
    """Install system packages by apt; where that is not possible say why they are wanted and how to get them."""
    privilege = _privilege()
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    if shutil.which("apt-get") and privilege is not None:
        print(f"Installing {' '.join(packages)} …", flush=True)
        silent = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (command, ["apt-get", "update"], command):
            done = subprocess.run([*privilege, *step], env=silent, capture_output=True, check=False)
            if step is command and done.returncode == 0:
                return True
    print(f"{why}. Install them with:\n    sudo {shlex.join(command)}", flush=True)
    return False


def _run(command: list[str], otherwise: str) -> None:
    if subprocess.run(command, check=False).returncode != 0:
        raise InstallProblem(f"{otherwise}; the reason stands above.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
