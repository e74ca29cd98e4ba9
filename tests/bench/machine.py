"""Where the benchmarks run: Django as in production, databases cloned from templates, and words about both."""

from __future__ import annotations

import hashlib
import os
import platform
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from tests import databases

MAINTENANCE = "postgres"


@contextmanager
def prepared() -> Iterator[None]:
    """Django set up, with files in a folder that goes away and the migrated template at hand."""
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    django.setup()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as files:
        settings.MEDIA_ROOT = files
        settings.STORAGES = {
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": files}},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        }
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
        settings.ALLOWED_HOSTS = ["*"]
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        databases.ensure_template()
        use_database(MAINTENANCE)
        connection.close()
        yield


def describe() -> str:
    """Date and machine for the table: no host names, no paths."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('fsync')")
        version, fsync = cursor.fetchone()
    return (
        f"{date.today():%Y-%m-%d}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}, "
        f"PostgreSQL {version.split()[0]}, fsync {fsync}"
    )


def use_database(name: str) -> None:
    """Go on with another database of the same server, and with an empty cache."""
    if connection.settings_dict["NAME"] != name:
        connection.close()
        connection.settings_dict["NAME"] = name
    cache.clear()


def fresh_database(kind: str) -> str:
    """An empty, migrated database, used from now on; its name."""
    databases.clone(databases.ensure_template(), f"bench_{kind}")
    cache.clear()
    return f"bench_{kind}"


def built_database(kind: str, sources: Sequence[Path], build: Callable[[], Any], *, copied: bool = True) -> str:
    """A copy of a database that `build` fills, or that one itself unless `copied`, used from now on; its name.

    The filled one is kept for the next run until the migrations or one of `sources` change.
    """
    digest = hashlib.sha256(databases.template_name().encode())
    for path in sources:
        digest.update(path.read_bytes())
    prefix = f"built_{kind}_"
    wanted = f"{prefix}{digest.hexdigest()[:12]}"
    template = databases.ensure_template()
    known = _databases(prefix)
    if wanted not in known:
        for outdated in known:
            databases.drop(outdated)
        databases.clone(template, f"{prefix}new")
        build()
        use_database(MAINTENANCE)
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER DATABASE "{prefix}new" RENAME TO "{wanted}"')
    if not copied:
        use_database(wanted)
        return wanted
    databases.clone(wanted, f"bench_{kind}")
    cache.clear()
    return f"bench_{kind}"


def _databases(prefix: str) -> list[str]:
    use_database(MAINTENANCE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
        return [name for (name,) in cursor.fetchall()]
