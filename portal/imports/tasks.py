"""What the worker does for imports. Tasks carry ids; the job table keeps every promise."""

import logging

from celery import shared_task

from portal.imports.jobs import run_job, stranded

logger = logging.getLogger(__name__)


@shared_task(name="portal.imports.run")
def run(job_id: int) -> None:
    """Run one import; harmless when repeated."""
    run_job(job_id)


@shared_task(name="portal.imports.resume")
def resume() -> None:
    """Start again what lost its worker or its message."""
    for job_id in stranded():
        run.delay(job_id)


def wake(job_id: int) -> None:
    """Ask a worker to run one import now; when no broker answers, `resume` finds the job."""
    try:
        run.apply_async((job_id,), retry=False)
    except Exception:  # whatever the broker's client raises must not reach the person who started the import
        logger.warning("the worker could not be woken for import %s", job_id, exc_info=True)
