"""The two questions a load balancer and a monitor ask: does the process live, and can it do its work?

Besides database, broker and cache, ``settings.HEALTH_CHECKS`` names functions by dotted path, for example
``{"outbox": "erp_bridge.outbox.health.oldest_age"}``. Each takes nothing and returns the age of the oldest thing that
waits, as ``timedelta``, or None when nothing waits. More than ``settings.<NAME>_READY_AGE_SECONDS`` is *degraded*, not
failing: when the ERP is away dealers must still be able to order, so the load balancer must not take the portal away
as well. A name that cannot be imported is a fault of the installation: the question itself fails.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

AgeOfOldest = Callable[[], timedelta | None]

_BROKER_SECONDS = 3

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def live(_request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; it asks nobody else."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(_request: HttpRequest) -> HttpResponse:
    """200 when orders can be taken, 503 with the names under ``failing`` when not; what waits too long is ``degraded``.

    The answer tells names and ages, never addresses or error texts: it is public.
    """
    failing = [name for name, probe in _PROBES.items() if not _passes(name, probe)]
    ages: dict[str, float | None] = {}
    degraded = []
    for name, age_of_oldest in registered_checks().items():
        try:
            age = age_of_oldest()
        except Exception:
            logger.exception("health check %s failed", name)
            failing.append(name)
            continue
        ages[name] = None if age is None else age.total_seconds()
        if age is not None and age > _age_limit(name):
            degraded.append(name)
    body: dict[str, Any] = {
        "status": "failing" if failing else "degraded" if degraded else "ok",
        "failing": failing,
        "degraded": degraded,
        "oldest_waiting_seconds": ages,
    }
    return JsonResponse(body, status=503 if failing else 200)


def registered_checks() -> dict[str, AgeOfOldest]:
    """What ``settings.HEALTH_CHECKS`` names; ``ImproperlyConfigured`` for a function or limit that is missing."""
    registered: Mapping[str, str] = getattr(settings, "HEALTH_CHECKS", {})
    found = {}
    for name, path in registered.items():
        if not hasattr(settings, f"{name.upper()}_READY_AGE_SECONDS"):
            raise ImproperlyConfigured(f"HEALTH_CHECKS has '{name}', but {name.upper()}_READY_AGE_SECONDS is not set.")
        try:
            found[name] = import_string(path)
        except ImportError as why:
            raise ImproperlyConfigured(
                f"HEALTH_CHECKS['{name}'] names {path}, which cannot be imported: {why}"
            ) from why
    return found


def _age_limit(name: str) -> timedelta:
    return timedelta(seconds=getattr(settings, f"{name.upper()}_READY_AGE_SECONDS"))


def _passes(name: str, probe: Callable[[], None]) -> bool:
    try:
        probe()
    except Exception:
        logger.exception("health check %s failed", name)
        return False
    return True


def _probe_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _probe_broker() -> None:
    with current_app.connection_for_write(connect_timeout=_BROKER_SECONDS) as broker:
        broker.ensure_connection(max_retries=1, timeout=_BROKER_SECONDS)


def _probe_cache() -> None:
    cache.set("health", "ok", timeout=10)
    if cache.get("health") != "ok":
        raise ConnectionError("the cache forgot at once what it was told")


_PROBES: dict[str, Callable[[], None]] = {"database": _probe_database, "broker": _probe_broker, "cache": _probe_cache}
