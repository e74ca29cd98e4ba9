"""The Celery application. Tasks carry ids only; tables keep every promise, so a lost or doubled task is harmless."""

import os

from celery import Celery
from celery.signals import worker_process_init

from portal.operations.collector import spare_what_is_loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def _ready(**_more: object) -> None:
    spare_what_is_loaded()
