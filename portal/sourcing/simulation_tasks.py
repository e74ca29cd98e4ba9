"""What the worker does for the desk: simulations, and work on many orders. Lost or doubled tasks do no harm."""

from __future__ import annotations

import logging

from celery import shared_task

from portal.sourcing import deskwork, simulation
from portal.sourcing.models import DeskJob, Simulation
from portal.sourcing.running import stranded

logger = logging.getLogger(__name__)


@shared_task(name="portal.sourcing.simulate")
def simulate(simulation_id: int) -> None:
    """Carry out a simulation; harmless when repeated."""
    simulation.run(simulation_id)


@shared_task(name="portal.sourcing.desk_job")
def desk_job(job_id: int) -> None:
    """Carry out what was asked for many orders; harmless when repeated."""
    deskwork.run(job_id)


@shared_task(name="portal.sourcing.resume_jobs")
def resume_jobs() -> None:
    """Start again what lost its worker or its message."""
    for simulation_id in stranded(Simulation):
        simulate.delay(simulation_id)
    for job_id in stranded(DeskJob):
        desk_job.delay(job_id)


def wake_simulation(simulation_id: int) -> None:
    """Ask a worker to carry out a simulation now; when no broker answers, `resume_jobs` finds it."""
    try:
        simulate.apply_async((simulation_id,), retry=False)
    except Exception:  # whatever the broker's client raises must not reach the person who asked
        logger.warning("the worker could not be woken for simulation %s", simulation_id, exc_info=True)


def wake_desk_job(job_id: int) -> None:
    """Ask a worker to carry out a job now; when no broker answers, `resume_jobs` finds it."""
    try:
        desk_job.apply_async((job_id,), retry=False)
    except Exception:  # whatever the broker's client raises must not reach the person who asked
        logger.warning("the worker could not be woken for job %s", job_id, exc_info=True)
