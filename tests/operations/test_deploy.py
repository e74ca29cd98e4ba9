"""Django's own deployment check is clean with the environment that docs/operating.md tells."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

from tests.environment import ROOT


def test_the_deployment_check_is_clean(tmp_path: Path) -> None:
    for name in ("media", "out", "in"):
        (tmp_path / name).mkdir()
    variables = {
        "PATH": os.environ["PATH"],
        "PORTAL_VAR": str(tmp_path),
        "PORTAL_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "dealers.example.com",
        "DATABASE_URL": "postgres://portal:password@db.example.com:5432/portal",
        "BROKER_URL": "amqps://portal:password@mq.example.com:5671/portal",
        "CACHE_URL": "rediss://:password@cache.example.com:6379/0",
        "STORAGE_URL": f"file://{tmp_path / 'media'}",
        "EMAIL_URL": "smtp+tls://portal:password@mail.example.com:587",
        "DEFAULT_FROM_EMAIL": "portal@example.com",
        "ERP_OUT_DIR": str(tmp_path / "out"),
        "ERP_IN_DIR": str(tmp_path / "in"),
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues (0 silenced)" in done.stdout
