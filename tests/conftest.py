"""Fixtures every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.utils import translation

from tests import databases, factories


@pytest.fixture(scope="session")
def database_name(request: pytest.FixtureRequest) -> str:
    """This worker's own database; the process id keeps two runs at once apart."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    return f"test_portal_{worker}_{os.getpid()}"


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any, database_name: str) -> Iterator[str]:
    """Replaces pytest-django's: a clone of the migrated template instead of migrating."""
    with django_db_blocker.unblock():
        template = databases.ensure_template()
        databases.clone(template, database_name)
    yield template
    with django_db_blocker.unblock():
        databases.drop(database_name)


@pytest.fixture
def committed_db(django_db_setup: str, django_db_blocker: Any, database_name: str) -> Iterator[None]:
    """A database with real commits, seen by other connections and processes; made anew afterwards."""
    with django_db_blocker.unblock():
        yield
        connections.close_all()
        databases.clone(django_db_setup, database_name)


@pytest.fixture(autouse=True)
def _fresh_cache_and_files(settings: Any, tmp_path: Any) -> Iterator[None]:
    """No test sees another's cache, files or ERP folders."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "media")},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ERP_OUT_DIR = tmp_path / "erp" / "out"
    settings.ERP_IN_DIR = tmp_path / "erp" / "in"
    settings.ERP_OUT_DIR.mkdir(parents=True)
    settings.ERP_IN_DIR.mkdir(parents=True)
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """A request leaves its language behind in the thread; the next test starts in English all the same."""
    with translation.override("en"):
        yield


@pytest.fixture
def world(db: None) -> factories.World:
    """A small supplier with two dealers who know nothing of each other."""
    return factories.make_world()


@pytest.fixture
def as_user() -> Any:
    """`as_user(user)` gives a signed-in HTTP client."""

    def sign_in(user: Any) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in
