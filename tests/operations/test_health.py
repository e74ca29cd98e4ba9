"""Health: what is asked, what is answered, and that a missing check is not overlooked."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory

from portal.operations import health


def nothing_waits() -> timedelta | None:
    return None


def waits_for_an_hour() -> timedelta:
    return timedelta(hours=1)


def cannot_tell() -> timedelta:
    raise RuntimeError("no table")


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch, settings: Any) -> dict[str, Any]:
    """The probes, all of them content, and an outbox check to be named by the test."""
    found: dict[str, Any] = {"database": lambda: None, "broker": lambda: None, "cache": lambda: None}
    monkeypatch.setattr(health, "_PROBES", found)
    settings.OUTBOX_READY_AGE_SECONDS = 900
    settings.HEALTH_CHECKS = {"outbox": f"{__name__}.nothing_waits"}
    return found


def answer() -> tuple[int, dict[str, Any]]:
    response = health.ready(RequestFactory().get("/health/ready"))
    return response.status_code, json.loads(response.content)


def test_all_well(probes: dict[str, Any]) -> None:
    assert answer() == (
        200,
        {"status": "ok", "failing": [], "degraded": [], "oldest_waiting_seconds": {"outbox": None}},
    )


@pytest.mark.parametrize("name", ["database", "broker", "cache"])
def test_what_does_not_answer_is_named(name: str, probes: dict[str, Any]) -> None:
    def refuse() -> None:
        raise ConnectionError("password=secret")

    probes[name] = refuse

    status, body = answer()

    assert (status, body["status"], body["failing"]) == (503, "failing", [name])
    assert "secret" not in str(body)


def test_an_erp_that_is_away_does_not_take_the_portal_away(probes: dict[str, Any], settings: Any) -> None:
    settings.HEALTH_CHECKS = {"outbox": f"{__name__}.waits_for_an_hour"}

    status, body = answer()

    assert (status, body["status"], body["degraded"]) == (200, "degraded", ["outbox"])
    assert body["oldest_waiting_seconds"] == {"outbox": 3600.0}


def test_a_check_that_breaks_is_failing(probes: dict[str, Any], settings: Any) -> None:
    settings.HEALTH_CHECKS = {"outbox": f"{__name__}.cannot_tell"}

    assert answer()[1]["failing"] == ["outbox"]


@pytest.mark.parametrize("path", ["erp_bridge.nowhere.age", f"{__name__}.nothing_here"])
def test_a_check_that_is_not_there_fails_loudly(path: str, probes: dict[str, Any], settings: Any) -> None:
    settings.HEALTH_CHECKS = {"outbox": path}

    with pytest.raises(ImproperlyConfigured, match="cannot be imported"):
        answer()


def test_a_check_without_a_limit_fails_loudly(probes: dict[str, Any], settings: Any) -> None:
    settings.HEALTH_CHECKS = {"mail": f"{__name__}.nothing_waits"}

    with pytest.raises(ImproperlyConfigured, match="MAIL_READY_AGE_SECONDS is not set"):
        answer()


def test_the_checks_of_our_settings_are_there() -> None:
    assert "outbox" in health.registered_checks()


def test_live_asks_nobody(probes: dict[str, Any]) -> None:
    response = Client().get("/health/live")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_the_real_probes_pass_with_the_real_servers(settings: Any) -> None:
    response = Client().get("/health/ready")

    assert (response.status_code, response.json()["failing"]) == (200, [])
