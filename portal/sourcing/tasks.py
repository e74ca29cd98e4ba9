"""What the worker does to route consumer orders. Tasks carry ids; lost or doubled they do no harm."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import transaction

from fulfilment.allocation import improve, relief, routing, scores, sweep
from fulfilment.allocation.models import Cause
from fulfilment.allocation.situation import NoTerms, clock
from fulfilment.settlement import settling
from fulfilment.settlement.booking import day_of
from portal.notifications.offers import remind_offers
from portal.sourcing.simulation_tasks import desk_job as desk_job  # so that the worker finds them
from portal.sourcing.simulation_tasks import resume_jobs as resume_jobs
from portal.sourcing.simulation_tasks import simulate as simulate

logger = logging.getLogger(__name__)


@shared_task(name="portal.sourcing.allocate_order")
def allocate_order(order_id: int, cause: str = Cause.LIVE) -> None:
    """Decide an order that is ready and make its offers."""
    try:
        routing.allocate(order_id, cause=Cause(cause))
    except NoTerms:
        logger.warning("no terms of consumer orders are in force", extra={"order": order_id})


@shared_task(name="portal.sourcing.sweep")
def sweep_offers() -> None:
    """End offers whose time has passed or whose goods are not there, and decide orders that were forgotten or whose
    window has come."""
    sweep.expire_due()
    _remind()
    relief.relieve()
    try:
        sweep.decide_windows()
    except NoTerms:
        return
    for order_id in sweep.forgotten():
        _decide(order_id)


@shared_task(name="portal.sourcing.retry_backlog")
def retry_backlog() -> None:
    """Try again what no dealer could take."""
    try:
        sweep.retry_backlog()
    except NoTerms:
        return


@shared_task(name="portal.sourcing.refresh_scores")
def refresh_scores() -> None:
    """Count anew how dealers do."""
    scores.refresh(clock())


def _remind() -> None:
    """Counting up and queueing the mail are one transaction; a mail that cannot be made stops nothing else."""
    try:
        with transaction.atomic():
            remind_offers(sweep.remind_due())
    except Exception:
        logger.exception("dealers not reminded of offers")


def _decide(order_id: int) -> None:
    try:
        routing.allocate(order_id)
    except Exception:
        logger.exception("order not decided", extra={"order": order_id})


@shared_task(name="portal.sourcing.reoptimise")
def reoptimise() -> None:
    """Choose again for orders whose offers nobody has seen."""
    try:
        improve.reoptimise()
    except NoTerms:
        return


@shared_task(name="portal.sourcing.settle_due")
def settle_due() -> None:
    """Bring to dealers' accounts what has become payable, by the day of the supplier's books."""
    settling.settle_due(day_of(clock()))
