"""The dealer's list of consumer orders: its tabs, filters and rows, and all of them for a file. Constant statements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, DateTimeField, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dealers.accounts.models import Outlet
from fulfilment.allocation.models import AllocationState, Offer, OfferLine, OfferState
from fulfilment.allocation.offermodels import OfferQuerySet
from fulfilment.consumer.models import Method
from portal.access.portal import PortalRequest
from portal.components.keyset import PAGE_SIZE, PK, Key, Page, moment, order_of, page_of, turned, without_place
from portal.documents.workbooks import Column, Sheet
from portal.shop.consumer_words import allocation_of, chip_of, distance_words, is_urgent, time_left
from portal.shop.wish import search_text

EXPORT_CHUNK = 500
FAR = datetime(9999, 1, 1, tzinfo=UTC)
SOONEST_FIRST = (Key("due", moment), PK)
NEWEST_FIRST = turned(PK)
#: Lines that a row names before it says how many more there are.
NAMED = 2

TABS: dict[str, tuple[Any, Q]] = {
    "waiting": (gettext_lazy("To answer"), Q(state=OfferState.SENT)),
    "pack": (gettext_lazy("To pack"), Q(allocation__state=AllocationState.ACCEPTED)),
    "send": (gettext_lazy("Packed"), Q(allocation__state=AllocationState.PACKED)),
    "way": (gettext_lazy("On the way"), Q(allocation__state=AllocationState.SENT)),
    "done": (
        gettext_lazy("With the consumer"),
        Q(allocation__state__in=(AllocationState.COMPLETED, AllocationState.SETTLED)),
    ),
    "ended": (
        gettext_lazy("Declined or ended"),
        Q(state__in=(OfferState.DECLINED, OfferState.EXPIRED, OfferState.WITHDRAWN, OfferState.SUPERSEDED))
        | Q(allocation__state=AllocationState.CANCELLED),
    ),
}
#: Tabs with something to do before a moment.
DUE = {"waiting": "expires_at", "pack": "ship_by", "send": "ship_by"}


@dataclass(frozen=True)
class OfferRow:
    """One offer in the list. `due` is when an answer or the goods are due, in words; empty where nothing is."""

    offer: Offer
    number: str
    chip: tuple[str, str]
    goods: list[OfferLine]
    more: int
    pieces: int
    where: str
    method: str
    due: str
    due_at: datetime | None
    urgent: bool


@dataclass(frozen=True)
class Narrowed:
    """What the reader asked for, and the offers that fit, of every tab. `outlet` is 0 for all."""

    offers: OfferQuerySet
    outlets: tuple[Outlet, ...]
    outlet: int
    text: str
    method: str

    @property
    def is_narrow(self) -> bool:
        """Whether some offers may be left out."""
        return bool(self.outlet or self.text or self.method)

    @property
    def methods(self) -> list[tuple[str, Any, bool]]:
        """The ways goods get to consumers, and which is chosen."""
        return [(value, label, value == self.method) for value, label in Method.choices]


def own_offers(request: PortalRequest) -> OfferQuerySet:
    """The offers of the dealer one acts for; nobody else's exist."""
    return Offer.objects.for_user(request.user).filter(dealer=request.portal.dealer)


def narrowed_by(request: PortalRequest, query: Mapping[str, Any]) -> Narrowed:
    """The offers that the address asks for; somebody else's outlet does not exist."""
    outlets = tuple(Outlet.objects.filter(dealer=request.portal.dealer).order_by("code"))
    said, method = str(query.get("outlet", "")), str(query.get("method", ""))
    outlet = next((each.pk for each in outlets if str(each.pk) == said), 0)
    if said and not outlet:
        raise Http404
    text = search_text(query)
    found = own_offers(request)
    if outlet:
        found = found.filter(outlet=outlet)
    if method in Method.values:
        found = found.filter(order__method=method)
    if text:
        named = Q(sku__icontains=text) | Q(name__icontains=text) | Q(name_zh__icontains=text)
        holds = OfferLine.objects.filter(named, offer=OuterRef("pk"))
        found = found.filter(Q(order__external_number__icontains=text) | Exists(holds))
    return Narrowed(found, outlets, outlet, text, method if method in Method.values else "")


def tab_of(query: Mapping[str, Any]) -> str:
    """The tab that the address names, else the first."""
    said = str(query.get("tab", ""))
    return said if said in TABS else "waiting"


def tabs_for(offers: OfferQuerySet, tab: str, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All tabs with what is behind each under the present filters, in one statement."""
    counted = offers.order_by().aggregate(
        **{name: Count("pk", filter=inside) for name, (_label, inside) in TABS.items()}
    )
    return [
        {"label": label, "count": counted[name], "active": name == tab, "url": without_place(query, tab=name)}
        for name, (label, _inside) in TABS.items()
    ]


def in_tab(offers: OfferQuerySet, tab: str) -> tuple[Any, tuple[Key, ...]]:
    """The offers of a tab and the order they stand in: what is due soonest first, else the newest."""
    found = offers.filter(TABS[tab][1])
    if tab not in DUE:
        return found, NEWEST_FIRST
    due = Coalesce(F(DUE[tab]), Value(FAR), output_field=DateTimeField())
    return found.annotate(due=due), SOONEST_FIRST


def page_of_offers(offers: OfferQuerySet, tab: str, query: Mapping[str, Any]) -> Page[Offer]:
    """One page of a tab, in two statements."""
    found, keys = in_tab(offers, tab)
    page: Page[Offer] = page_of(found.select_related("order", "outlet", "allocation"), keys, PAGE_SIZE, query)
    return page


def rows_of(offers: Sequence[Offer]) -> list[OfferRow]:
    """What the list says of offers; their lines in one statement."""
    lines: dict[int, list[OfferLine]] = {offer.pk: [] for offer in offers}
    for line in (
        OfferLine.objects.filter(offer__in=lines).defer("settlement", "overrides").order_by("offer", "position")
    ):
        lines[line.offer_id].append(line)
    now = timezone.now()
    return [_row(offer, lines[offer.pk], now) for offer in offers]


def due_of(offer: Offer) -> datetime | None:
    """When something of it is due: the answer, or that the goods leave; None where nothing is."""
    if offer.state == OfferState.SENT:
        return offer.expires_at
    held = allocation_of(offer)
    open_states = (AllocationState.ACCEPTED, AllocationState.PACKED)
    return offer.ship_by if held is not None and held.state in open_states else None


def _row(offer: Offer, lines: Sequence[OfferLine], now: datetime) -> OfferRow:
    due = due_of(offer)
    place = " ".join(part for part in (offer.order.postal_code, offer.order.city or offer.order.district) if part)
    return OfferRow(
        offer=offer,
        number=offer.order.external_number,
        chip=chip_of(offer),
        goods=list(lines[:NAMED]),
        more=max(len(lines) - NAMED, 0),
        pieces=sum(line.quantity for line in lines),
        where=f"{place}, {distance_words(offer.distance_m)}" if place else distance_words(offer.distance_m),
        method=str(offer.order.get_method_display()),
        due=time_left(due, now),
        due_at=due,
        urgent=is_urgent(due, now),
    )


def sheet_of(offers: OfferQuerySet, tab: str) -> Sheet:
    """The offers of a tab as a sheet; read in chunks, so that memory does not grow with their number."""
    columns = (
        Column(_("Consumer order"), width=18),
        Column(_("State"), width=20),
        Column(_("Outlet")),
        Column(_("Offered"), "datetime"),
        Column(_("Answer by"), "datetime"),
        Column(_("Ship by"), "datetime"),
        Column(_("Delivery"), width=16),
        Column(_("Postcode"), width=12),
        Column(_("City")),
        Column(_("Lines"), "integer"),
        Column(_("Pieces"), "integer"),
        Column(_("Currency"), width=10),
        Column(_("Consumer paid"), "money"),
        Column(_("Purchase price"), "money"),
        Column(_("Top-up"), "money"),
        Column(_("You are paid"), "money"),
        Column(_("You keep, net"), "money"),
        Column(_("Protected, net"), "money"),
        Column(_("Payable on"), "date"),
    )
    return Sheet(_("Consumer orders"), columns, _cells(offers, tab))


def _cells(offers: OfferQuerySet, tab: str) -> Iterator[tuple[Any, ...]]:
    found, keys = in_tab(offers, tab)
    chunk: list[Offer] = []
    ordered = found.select_related("order", "outlet", "allocation").order_by(*order_of(keys))
    for offer in ordered.iterator(chunk_size=EXPORT_CHUNK):
        chunk.append(offer)
        if len(chunk) == EXPORT_CHUNK:
            yield from _chunk_cells(chunk)
            chunk = []
    yield from _chunk_cells(chunk)


def _chunk_cells(offers: Sequence[Offer]) -> Iterator[tuple[Any, ...]]:
    for row in rows_of(offers):
        offer, held = row.offer, allocation_of(row.offer)
        yield (
            row.number,
            row.chip[0],
            offer.outlet.name,
            offer.sent_at,
            offer.expires_at,
            offer.ship_by,
            row.method,
            offer.order.postal_code,
            offer.order.city,
            len(row.goods) + row.more,
            row.pieces,
            offer.currency,
            offer.paid,
            offer.landed_cost,
            offer.top_up,
            offer.receives,
            offer.keeps,
            offer.floor,
            held.payable_on if held else None,
        )
