"""Files of consumer orders hold personal data, too: they go when the channel's time is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone

from fulfilment.consumer.models import Channel
from portal.imports.models import ImportJob, ImportKind, ImportState

#: Where there is no channel any more, which may only be so in a portal that never took an order.
DAYS_WITHOUT_CHANNEL = 90


def remove_files(now: datetime | None = None) -> int:
    """Delete uploaded files of consumer orders, and their refused rows, older than the longest-keeping channel keeps.

    What the import did stays told by its job. Answers how many jobs lost their files; repeated, it finds no more.
    """
    longest = Channel.objects.aggregate(days=Max("keep_days"))["days"] or DAYS_WITHOUT_CHANNEL
    limit = (now or timezone.now()) - timedelta(days=longest)
    waiting = (ImportState.QUEUED, ImportState.RUNNING)
    jobs = ImportJob.objects.filter(kind=ImportKind.CONSUMER_ORDERS, created_at__lt=limit)
    due = list(jobs.exclude(file="").exclude(state__in=waiting).order_by("pk"))
    for job in due:
        for stored in (job.file, job.refused_rows):
            if stored:
                stored.delete(save=False)
        if job.state in (ImportState.MAPPING, ImportState.CONFIRM):
            job.state, job.finished_at = ImportState.REFUSED, timezone.now()
        job.save(update_fields=["file", "refused_rows", "state", "finished_at"])
    return len(due)
