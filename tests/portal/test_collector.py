"""Long-lived processes do not walk what is loaded again and again."""

import gc

from celery.signals import worker_process_init

import portal.celery  # noqa: F401 - listens to the signal


def test_a_worker_that_starts_spares_what_is_loaded() -> None:
    gc.unfreeze()
    worker_process_init.send(sender=None)
    try:
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
