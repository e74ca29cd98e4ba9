"""What the worker does for imports. Tasks carry ids; the job table keeps every promise."""

from celery import shared_task

from portal.imports.jobs import run_job, stranded


@shared_task(name="portal.imports.run")
def run(job_id: int) -> None:
    """Run one import; harmless when repeated."""
    run_job(job_id)


@shared_task(name="portal.imports.resume")
def resume() -> None:
    """Start again what lost its worker or its message."""
    for job_id in stranded():
        run.delay(job_id)
