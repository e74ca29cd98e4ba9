"""What Celery runs. A task that is lost or comes twice does no harm."""

from __future__ import annotations

from celery import shared_task

from erp_bridge.inbound.collect import collect as collect_files


@shared_task(name="erp_bridge.inbound.collect")
def collect() -> None:
    """Take in what the ERP has left."""
    collect_files()
