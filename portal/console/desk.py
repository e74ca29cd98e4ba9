"""The allocation desk: what waits, in queues, the oldest first; and many orders acted on at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fulfilment.allocation.models import LeftLine, Offer, OfferState
from fulfilment.allocation.situation import clock
from fulfilment.consumer.models import ConsumerOrder, DeliveryState, WebhookDelivery
from fulfilment.consumer.states import State
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.formats import format_quantity
from portal.components.keyset import PAGE_SIZE, PK, Key, moment, page_of, without_place
from portal.console.allocation_words import why_words
from portal.console.consumer_words import STATE_KINDS
from portal.console.desk_filter import KINDS, NOT_SENT, QUEUES, DeskFilter, counts_of, troubles_of
from portal.sourcing.models import UNFINISHED, DeskJob

#: What a person has to look at, in this order; in the other queues dealers are waited for.
WORKED = ("new", "exceptions", "backlog")
OLDEST_FIRST = (Key("placed_at", moment), PK)


@require_safe
def desk(request: PortalRequest) -> HttpResponse:
    """One queue of the desk; the same statements for any number of orders."""
    now = clock()
    form = DeskFilter(request.GET, now=now)
    chosen = form.select(ConsumerOrder.objects.all())
    counts = counts_of(chosen, now)
    queue = queue_of(request.GET, counts)
    found = form.in_queue(chosen, queue).select_related("channel")
    page = page_of(found, OLDEST_FIRST, PAGE_SIZE, request.GET)
    works = request.portal.may(Permission.WORK_CONSUMER_ORDERS)
    kind = form.cleaned_data.get("kind", "") if form.is_valid() else ""
    context = {
        "form": form,
        "queue": queue,
        "tabs": _tabs(queue, counts, request.GET),
        "kinds": _kinds(kind, counts, request.GET) if queue == "exceptions" else [],
        "chips": form.chips(request.GET),
        "page": page,
        "rows": rows_of(page.rows, now),
        "count": counts[kind or queue] if queue == "exceptions" else counts[queue],
        "works": works,
        "may_act": works and queue in ("new", "offered", "backlog", "dealers"),
        "query": without_place(request.GET, queue=queue).removeprefix("?"),
        "webhooks": _webhooks() if queue == "exceptions" else 0,
        "jobs": list(DeskJob.objects.filter(state__in=UNFINISHED).select_related("asked_by")[:5]) if works else [],
    }
    return render(request, "console/desk/desk.html", context)


def queue_of(params: QueryDict, counts: Mapping[str, int] | None = None) -> str:
    """The queue that is asked for; else the first in which something waits for a person, as far as `counts` tell."""
    queue = params.get("queue", "")
    if queue in QUEUES:
        return queue
    return next((each for each in WORKED if counts and counts[each]), WORKED[0])


def rows_of(orders: Sequence[ConsumerOrder], now: datetime) -> list[dict[str, Any]]:
    """Orders with the dealers they are with, by when, and what is wrong. The same statements for any number."""
    keys = [order.pk for order in orders]
    asked: dict[int, list[Offer]] = defaultdict(list)
    alive = Offer.objects.filter(order__in=keys, state__in=(OfferState.SENT, OfferState.ACCEPTED))
    for offer in alive.select_related("dealer", "outlet", "allocation").order_by("pk"):
        asked[offer.order_id].append(offer)
    left: dict[int, list[str]] = defaultdict(list)
    for row in LeftLine.objects.filter(order__in=keys).order_by("pk"):
        left[row.order_id].append(why_words(row.why))
    wrong = troubles_of(keys, now)
    return [_row(order, asked[order.pk], left[order.pk], wrong[order.pk], now) for order in orders]


def _row(
    order: ConsumerOrder, offers: Sequence[Offer], left: Sequence[str], wrong: set[str], now: datetime
) -> dict[str, Any]:
    if order.state == State.ADDRESS_UNKNOWN:
        wrong = {"address", *wrong}
    due = min((moment for offer in offers if (moment := _due(offer))), default=None)
    return {
        "order": order,
        "kind": STATE_KINDS.get(order.state, ""),
        "dealers": list(dict.fromkeys(offer.dealer.display_name for offer in offers)),
        "due": due,
        "late": bool(due and due < now),
        "age": age_words(order.placed_at, now),
        "why": list(dict.fromkeys(left)),
        "wrong": [KINDS[kind] for kind in KINDS if kind in wrong],
    }


def _due(offer: Offer) -> datetime | None:
    """By when the dealer has to answer, or to send."""
    if offer.state == OfferState.SENT:
        return offer.expires_at
    allocation = getattr(offer, "allocation", None)
    return offer.ship_by if allocation is not None and allocation.state in NOT_SENT else None


def age_words(since: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that is whole."""
    minutes = max(0, int((now - since).total_seconds() // 60))
    if minutes < 60:
        return _("%(number)s min") % {"number": minutes}
    if minutes < 48 * 60:
        return _("%(number)s h") % {"number": minutes // 60}
    return _("%(number)s days") % {"number": format_quantity(minutes // (24 * 60))}


def _tabs(queue: str, counts: dict[str, int], params: QueryDict) -> list[dict[str, Any]]:
    return [
        {
            "label": word,
            "count": counts[code],
            "active": code == queue,
            "url": without_place(params, queue=code, kind=""),
        }
        for code, word in QUEUES.items()
    ]


def _kinds(kind: str, counts: dict[str, int], params: QueryDict) -> list[dict[str, Any]]:
    return [
        {
            "label": word,
            "value": format_quantity(counts[code]),
            "url": without_place(params, kind="" if code == kind else code),
            "tone": "bad" if counts[code] else "",
            "note": _("chosen") if code == kind else "",
        }
        for code, word in KINDS.items()
    ]


def _webhooks() -> dict[str, Any]:
    waiting = WebhookDelivery.objects.filter(state__in=(DeliveryState.STORED, DeliveryState.EXCEPTION)).count()
    return {
        "label": _("Webhook problems"),
        "value": format_quantity(waiting),
        "url": reverse("console:consumer_exceptions"),
        "tone": "bad" if waiting else "",
    }
