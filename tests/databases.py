"""Test databases cloned from one migrated template, so that nobody waits for 300 migrations twice."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db import connection

from tests.environment import ROOT, VAR


def migrations() -> dict[str, str]:
    """Every migration with what it says; those of packages by their name alone."""
    found = {}
    for config in apps.get_app_configs():
        folder = Path(config.path) / "migrations"
        ours = folder.is_relative_to(ROOT) and ".venv" not in folder.parts
        for path in folder.glob("*.py"):
            said = hashlib.sha256(path.read_bytes()).hexdigest() if ours else ""
            found[f"{config.name}/{path.name}"] = said
    return found


def template_name() -> str:
    """The template's name: it changes when any migration does."""
    said = json.dumps(migrations(), sort_keys=True)
    return f"template_{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def _earlier() -> str:
    """The template that has gone farthest with the migrations of today and no others; empty without any."""
    now = migrations().items()
    kept = {path.stem: json.loads(path.read_text()).items() for path in VAR.glob("template_*.json")}
    usable = {name: len(had) for name, had in kept.items() if had <= now and _exists(name)}
    return max(usable, key=lambda name: usable[name], default="")


@contextmanager
def _maintenance() -> Iterator[None]:
    """Connected to the server's `postgres` database."""
    connection.close()
    name = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = "postgres"
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name


def _exists(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def ensure_template() -> str:
    """Make the migrated template once, whoever comes first; others wait."""
    name = template_name()
    with (VAR / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with _maintenance():
            if _exists(name):
                return name
            earlier = _earlier()
            begun = f'CREATE DATABASE "{name}_new"' + (f' TEMPLATE "{earlier}"' if earlier else "")
            _run(f'DROP DATABASE IF EXISTS "{name}_new"', begun)
        connection.settings_dict["NAME"] = f"{name}_new"
        call_command("migrate", verbosity=0, interactive=False)
        with _maintenance():
            _run(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"')
        (VAR / f"{name}.json").write_text(json.dumps(migrations()))
    return name


def clone(template: str, name: str) -> None:
    """Make `name` a fresh copy of the template and use it from now on. Ends everybody's connections to `name`."""
    with _maintenance():
        _run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    connection.settings_dict["NAME"] = name


def drop(name: str) -> None:
    """Remove a test database."""
    with _maintenance():
        _run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
