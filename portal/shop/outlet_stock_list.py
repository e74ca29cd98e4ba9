"""What the dealer's list of outlet stock shows: its rows, filters and key figures. Each reading is one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dealers.accounts.models import Dealer, Outlet
from dealers.intake.columns import Column
from dealers.intake.rows import Outcome, Row
from fulfilment.stock.models import OutletStock, StockShortfall
from fulfilment.stock.outlet_feed import STALE_AFTER
from portal.components.formats import format_quantity
from portal.components.keyset import PK, Key, whole
from portal.shop.item_numbers import MOST_SHOWN, Refused
from portal.shop.rows import Label, labels_for, named
from portal.shop.wish import search_text
from pricing.numbers.keys import code_key
from pricing.numbers.models import DealerItemNumber
from pricing.quote import assortment

PAGE_SIZE = 100
ORDER = (Key("sku"), PK)
NEWEST_MOVE = Key("id", whole, descending=True)

#: What can be shown alone.
SHOWS = {
    "low": gettext_lazy("Below safety stock"),
    "stale": gettext_lazy("Not counted for two days"),
    "blocked": gettext_lazy("Said to be out of stock"),
    "short": gettext_lazy("Promised and not there"),
}
ONLY = {
    "low": Q(low=True),
    "stale": Q(stale=True),
    "blocked": Q(blocked_at__isnull=False),
    "short": Q(short=True),
}


@dataclass(frozen=True)
class Narrowed:
    """What the reader asked for, and the rows that fit. `outlet` is 0 for all."""

    rows: QuerySet[Any]
    outlets: tuple[Outlet, ...]
    outlet: int
    text: str
    show: str

    @property
    def is_narrow(self) -> bool:
        """Whether some rows may be left out."""
        return bool(self.outlet or self.text or self.show)

    @property
    def choices(self) -> list[tuple[str, Any, bool]]:
        """What can be shown alone, and whether it is."""
        return [(name, label, name == self.show) for name, label in SHOWS.items()]


def stock_of(dealer: Dealer) -> QuerySet[Any]:
    """The dealer's stock with `sku`, `available`, and whether each row is low, stale or short."""
    short = StockShortfall.objects.filter(stock=OuterRef("pk"), cleared_at=None)
    return (
        OutletStock.objects.filter(outlet__dealer=dealer)
        .with_available()
        .annotate(
            sku=Coalesce("product__upc", Value(""), output_field=CharField()),
            low=Q(on_hand__lt=F("held") + F("firm") + F("unsellable") + F("safety")),
            stale=Q(feed_as_of=None) | Q(feed_as_of__lt=timezone.now() - STALE_AFTER),
            short=Exists(short),
        )
    )


def narrowed_by(dealer: Dealer, query: Mapping[str, Any]) -> Narrowed:
    """The rows that the address asks for; somebody else's outlet does not exist."""
    outlets = tuple(Outlet.objects.filter(dealer=dealer).order_by("code"))
    said = str(query.get("outlet", ""))
    outlet = next((each.pk for each in outlets if str(each.pk) == said), 0)
    if said and not outlet:
        raise Http404
    text, show = search_text(query), str(query.get("show", ""))
    rows = stock_of(dealer).select_related("outlet")
    if outlet:
        rows = rows.filter(outlet=outlet)
    if text:
        rows = rows.filter(_called(dealer, text))
    if show in SHOWS:
        rows = rows.filter(ONLY[show])
    return Narrowed(rows, outlets, outlet, text, show if show in SHOWS else "")


def _called(dealer: Dealer, text: str) -> Q:
    """Products by SKU, own number or name."""
    named_so = Q(product__upc__icontains=text) | Q(product__title__icontains=text)
    named_so |= Q(product__parent__title__icontains=text) | Q(product__card__name_zh__icontains=text)
    key = code_key(text)
    if key:
        own = DealerItemNumber.objects.filter(dealer=dealer, key__startswith=key)
        named_so |= Q(product__in=own.values("product"))
    return named_so


def figures(dealer: Dealer, narrowed: Narrowed) -> list[dict[str, Any]]:
    """How many rows there are of each kind at the chosen outlet, with the way to them."""
    rows = stock_of(dealer)
    at = ""
    if narrowed.outlet:
        rows, at = rows.filter(outlet=narrowed.outlet), f"&outlet={narrowed.outlet}"
    counted = rows.aggregate(rows_all=Count("pk"), **{f"rows_{name}": Count("pk", filter=ONLY[name]) for name in SHOWS})
    tones = {"low": "warn", "stale": "warn", "blocked": "warn", "short": "bad"}
    kinds = [{"label": _("Products in stock lists"), "value": format_quantity(counted["rows_all"])}]
    return kinds + [
        {
            "label": label,
            "value": format_quantity(counted[f"rows_{name}"]),
            "url": f"?show={name}{at}" if counted[f"rows_{name}"] else "",
            "tone": tones[name] if counted[f"rows_{name}"] else "",
        }
        for name, label in SHOWS.items()
    ]


def labels(dealer: Dealer, items: Sequence[OutletStock]) -> dict[int, Label]:
    """What to call the products that the dealer may buy; of others only the SKU is told."""
    if not items:
        return {}
    products = named(assortment(dealer, among={item.product_id for item in items}))
    return labels_for(dealer, products)


def refused_rows(rows: Sequence[Row], outcome: Outcome, columns: Sequence[Column]) -> list[Refused]:
    """The rows that were not taken, in the file's order, with the column that is wrong."""
    cells = {row.number: " · ".join(str(cell) for cell in row.values.values() if cell) for row in rows}
    names = {column.name: str(column.label) for column in columns}
    told = [
        Refused(each.row, cells[each.row][:200], each.message, names.get(each.field, "")) for each in outcome.problems
    ]
    return sorted(told, key=lambda each: each.number)[:MOST_SHOWN]
