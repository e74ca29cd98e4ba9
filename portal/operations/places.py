"""Where the embedded servers keep their things, and the addresses that follow from it.

The addresses are functions of the path (and of being root) alone: settings may ask for them before any server runs.
Sockets stay in ``var/run`` where that works. They move to a hashed folder where it cannot: the kernel limits a socket
path to 107 bytes, URLs and PostgreSQL read some characters as marks of their own, and the account that serves root's
database need not be able to reach root's project.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

DATABASE = "portal"
DATABASE_USER = "portal"
POSTGRES_PORT = 5432
BROKER_DATABASE = 0
CACHE_DATABASE = 1

ROOT_RUN = Path("/run/dealer-portal")
ROOT_STATE = Path("/var/lib/dealer-portal")

_LONGEST_SOCKET_DIRECTORY = 107 - len("/.s.PGSQL.5432")
_SURVIVES_A_URL = re.compile(r"[A-Za-z0-9/._-]+")


def project_key(var: Path) -> str:
    """A short name that is the same for the same folder and different for every other."""
    return hashlib.sha256(os.fsencode(var.resolve())).hexdigest()[:16]


def run_directory(var: Path) -> Path:
    """The folder of the sockets. It is named here, not made."""
    if os.geteuid() == 0:
        return ROOT_RUN / project_key(var)
    inside = var.resolve() / "run"
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET_DIRECTORY and _SURVIVES_A_URL.fullmatch(str(inside)):
        return inside
    return Path("/tmp") / f"dealer-portal-{os.geteuid()}-{project_key(var)}"  # noqa: S108 - checked when made


def shared_state_directory(var: Path) -> Path:
    """Where root keeps what the database account must reach when the project itself is out of its reach."""
    return ROOT_STATE / project_key(var)


def postgres_socket(var: Path) -> Path:
    """The socket file of the embedded PostgreSQL."""
    return run_directory(var) / f".s.PGSQL.{POSTGRES_PORT}"


def valkey_socket(var: Path) -> Path:
    """The socket file of the embedded Valkey."""
    return run_directory(var) / "valkey.sock"


def database_url(var: Path) -> str:
    """The URL of the database ``portal`` as django-environ reads it: the socket's folder stands before the name."""
    return f"postgres://{DATABASE_USER}@/{run_directory(var)}/{DATABASE}"


def valkey_url(var: Path, database: int) -> str:
    """The URL of one numbered Valkey database as redis-py and Django's cache read it."""
    return f"unix://{valkey_socket(var)}?db={database}"


def cache_url(var: Path) -> str:
    """The URL of the cache, for ``django.core.cache.backends.redis.RedisCache``."""
    return valkey_url(var, CACHE_DATABASE)


def broker_url(var: Path) -> str:
    """The URL of the broker as Celery reads it."""
    return f"redis+socket://{valkey_socket(var)}?virtual_host={BROKER_DATABASE}"
