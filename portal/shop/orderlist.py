"""The dealer's orders: tabs, search, one page of them, and all of them for a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from fulfilment.ordering.models import DealerOrder, DealerOrderLine, DealerOrderQuerySet
from fulfilment.ordering.states import ENDED_STATES, State
from portal.access.portal import PortalRequest
from portal.components.filters import within_days
from portal.components.keyset import PAGE_SIZE, PK, Key, Page, moment, order_of, page_of, turned, without_place
from portal.documents.workbooks import Column, Sheet

EXPORT_CHUNK = 500
NEWEST_FIRST = turned(Key("placed_at", moment), PK)

TABS: dict[str, tuple[Any, tuple[State, ...]]] = {
    "review": (gettext_lazy("In review"), (State.REVIEW,)),
    "payment": (gettext_lazy("Awaiting payment"), (State.PAYMENT,)),
    "shipment": (gettext_lazy("Being shipped"), (State.SHIPMENT,)),
    "receipt": (gettext_lazy("To receive"), (State.RECEIPT,)),
    "finished": (gettext_lazy("Finished"), (State.FINISHED,)),
    "ended": (gettext_lazy("Rejected or cancelled"), ENDED_STATES),
    "all": (pgettext_lazy("orders", "All"), tuple(State)),
}


@dataclass(frozen=True)
class Progress:
    """How far an order has come, in units of goods. `discount` is what promotions took off its lines."""

    ordered: int
    shipped: int
    discount: Decimal = Decimal("0.00")

    @property
    def percent(self) -> int:
        """Shipped share, rounded down: 100 only when nothing is missing."""
        return self.shipped * 100 // self.ordered if self.ordered else 0


def own_orders(request: PortalRequest) -> DealerOrderQuerySet:
    """The orders of the dealer ordered for; nobody else's exist."""
    return DealerOrder.objects.for_user(request.user).filter(dealer=request.portal.dealer)


def narrowed(orders: DealerOrderQuerySet, given: Mapping[str, Any]) -> DealerOrderQuerySet:
    """Only the orders that fit the search: number, PO number, SKU or own number in them; placed from and to a day."""
    text = given.get("q") or ""
    if text:
        named = Q(sku__icontains=text) | Q(own_number__icontains=text)
        with_sku = DealerOrderLine.objects.filter(named, order=OuterRef("pk"))
        orders = orders.filter(Q(number__icontains=text) | Q(po_number__icontains=text) | Exists(with_sku))
    found: DealerOrderQuerySet = within_days(orders, "placed_at", given.get("placed_from"), given.get("placed_to"))
    return found


def tabs_for(orders: DealerOrderQuerySet, tab: str, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All tabs with the number of orders behind each under the present search, in one statement."""
    counts = dict(orders.order_by().values_list("state").annotate(Count("pk")))
    return [
        {
            "label": label,
            "count": sum(counts.get(state, 0) for state in states),
            "active": key == tab,
            "url": without_place(query, tab=key),
        }
        for key, (label, states) in TABS.items()
    ]


def in_tab(orders: DealerOrderQuerySet, tab: str) -> DealerOrderQuerySet:
    """The orders of a tab."""
    return orders if tab == "all" else orders.filter(state__in=TABS[tab][1])


def page_of_orders(orders: DealerOrderQuerySet, query: Mapping[str, Any]) -> Page[DealerOrder]:
    """One page, newest first."""
    return page_of(orders.select_related("placed_by", "outlet"), NEWEST_FIRST, PAGE_SIZE, query)


def progress_of(orders: Sequence[DealerOrder]) -> dict[int, Progress]:
    """How far each order has come, in one statement."""
    lines = DealerOrderLine.objects.filter(order__in=[order.pk for order in orders]).order_by().values("order")
    off = Sum("discount_amount", default=Decimal("0.00"))
    summed = lines.annotate(ordered=Sum("quantity"), shipped=Sum("shipped_quantity"), off=off)
    return {row["order"]: Progress(row["ordered"], row["shipped"], row["off"]) for row in summed}


def sheet_of(orders: DealerOrderQuerySet) -> Sheet:
    """The orders as a sheet; read in chunks, so that memory does not grow with their number."""
    columns = (
        Column(_("Order"), width=14),
        Column(_("PO number")),
        Column(_("Placed"), "datetime"),
        Column(_("Placed by")),
        Column(_("Ship to")),
        Column(_("State"), width=18),
        Column(_("Requested date"), "date"),
        Column(_("Lines"), "integer"),
        Column(_("Shipped, %"), "integer"),
        Column(_("Currency"), width=10),
        Column(_("Before promotions"), "money"),
        Column(_("Discount"), "money"),
        Column(_("Net amount"), "money"),
        Column(_("Surcharges"), "money"),
        Column(_("Freight"), "money"),
        Column(_("Tax"), "money"),
        Column(_("Total"), "money"),
        Column(_("ERP number")),
    )
    return Sheet(_("Orders"), columns, _cells(orders))


def _cells(orders: DealerOrderQuerySet) -> Iterator[tuple[Any, ...]]:
    chunk: list[DealerOrder] = []
    newest_first = orders.select_related("placed_by", "outlet").order_by(*order_of(NEWEST_FIRST))
    for order in newest_first.iterator(chunk_size=EXPORT_CHUNK):
        chunk.append(order)
        if len(chunk) == EXPORT_CHUNK:
            yield from _chunk_cells(chunk)
            chunk = []
    yield from _chunk_cells(chunk)


def _chunk_cells(orders: list[DealerOrder]) -> Iterator[tuple[Any, ...]]:
    progress = progress_of(orders) if orders else {}
    for order in orders:
        come = progress.get(order.pk, Progress(0, 0))
        discount = come.discount + order.order_discount
        yield (
            order.number,
            order.po_number,
            order.placed_at,
            order.placed_by.get_full_name(),
            order.outlet.name,
            str(order.get_state_display()),
            order.requested_date,
            order.line_count,
            come.percent,
            order.currency,
            order.net_total + discount,
            discount,
            order.net_total,
            order.surcharge_net,
            order.freight_net,
            order.all_tax,
            order.total,
            order.erp_number,
        )
