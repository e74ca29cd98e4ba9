"""A pytest plugin that runs before Django's settings are read: tests get their own servers under var/test.

With DATABASE_URL, BROKER_URL and CACHE_URL in the environment the tests use those instead.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VAR = Path(os.environ.setdefault("PORTAL_VAR", str(ROOT / "var" / "test")))
os.environ["PORTAL_ENV"] = "development"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

VAR.mkdir(parents=True, exist_ok=True)

from portal.languages.catalogue import compile_catalogue  # noqa: E402  # after the environment is set

compile_catalogue()

if not {"DATABASE_URL", "BROKER_URL", "CACHE_URL"} <= os.environ.keys():
    from portal.operations import embedded

    embedded.ensure_running(VAR, durable=False)
