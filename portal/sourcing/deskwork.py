"""One verb for many consumer orders: each order in its own transaction with the mark that it is done."""

from __future__ import annotations

import logging
from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from dealers.accounts.models import User
from portal.console.desk_verbs import DeskRefused, Verb, carry_out
from portal.sourcing.models import DeskItem, DeskJob, DeskVerb, ItemState
from portal.sourcing.running import Stopped, claim, finish, progress

logger = logging.getLogger(__name__)

#: Orders in one job at most, and how many are carried out while the person waits.
MOST_ORDERS, AT_ONCE = 2_000, 10


def ask(verb: DeskVerb, order_ids: Collection[int], *, note: str, by: User, key: UUID) -> tuple[DeskJob, bool]:
    """Ask for a verb on orders: the job of this `key`, and whether it is new. Repeated, nothing more is asked.

    Refuses (ValueError) no orders, or more than `MOST_ORDERS`.
    """
    keys = sorted(set(order_ids))
    if not 1 <= len(keys) <= MOST_ORDERS:
        raise ValueError(f"Between one and {MOST_ORDERS} orders.")
    with transaction.atomic():
        asked = {"verb": verb, "note": note, "asked_by": by, "total": len(keys)}
        job, new = DeskJob.objects.get_or_create(key=key, defaults=asked)
        if new:
            DeskItem.objects.bulk_create([DeskItem(job=job, order_id=each) for each in keys])
    return job, new


def run(job_id: int) -> None:
    """Carry out a job, or what is left of it. One that cannot be claimed is left alone."""
    job = claim(DeskJob, job_id)
    if job is None:
        return
    with translation.override(job.asked_by.language):
        try:
            for item_id in job.items.filter(state=ItemState.WAITING).values_list("pk", flat=True):
                _one(job, item_id)
            finish(job)
        except Stopped:
            return


def _one(job: DeskJob, item_id: int) -> None:
    """Do it to one order; what is refused is kept with its reason and stops nothing."""
    try:
        with transaction.atomic():
            item = DeskItem.objects.select_for_update().filter(pk=item_id, state=ItemState.WAITING).first()
            if item is None:
                return
            message = carry_out(Verb(job.verb), item.order_id, by=job.asked_by, note=job.note)
            _mark(job, item_id, ItemState.DONE, message)
    except DeskRefused as why:
        _mark(job, item_id, ItemState.REFUSED, why.message)
    except Stopped:
        raise
    except Exception:  # one order that breaks must not keep the others waiting
        logger.exception("desk job broke on an order", extra={"job": job.pk, "item": item_id})
        _mark(job, item_id, ItemState.REFUSED, _("Something went wrong. Try it on the order's own page."))


def _mark(job: DeskJob, item_id: int, state: ItemState, message: str) -> None:
    with transaction.atomic():
        waiting = DeskItem.objects.filter(pk=item_id, state=ItemState.WAITING)
        if waiting.update(state=state, message=message[:500]):
            counts = {"done": F("done") + 1}
            if state == ItemState.REFUSED:
                counts["refused"] = F("refused") + 1
            progress(job, **counts)
