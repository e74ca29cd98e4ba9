"""What the worker does for exports. Tasks carry ids; the table keeps every promise."""

import logging

from celery import shared_task

from portal.exports import jobs

logger = logging.getLogger(__name__)


@shared_task(name="portal.exports.make")
def make(export_id: int) -> None:
    """Make one workbook; harmless when repeated."""
    jobs.make(export_id)


@shared_task(name="portal.exports.resume")
def resume() -> None:
    """Start again what lost its worker or its message."""
    for export_id in jobs.stranded():
        make.delay(export_id)


@shared_task(name="portal.exports.purge")
def purge() -> None:
    """Throw away what was kept long enough."""
    jobs.purge()


def wake(export_id: int) -> None:
    """Ask a worker to make a workbook now; when no broker answers, `resume` finds it."""
    try:
        make.apply_async((export_id,), retry=False)
    except Exception:  # whatever the broker's client raises must not reach the person who asked
        logger.warning("the worker could not be woken for export %s", export_id, exc_info=True)
