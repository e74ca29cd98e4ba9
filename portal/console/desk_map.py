"""Dealers' outlets and open orders on a map: drawn here as SVG, no tiles from elsewhere, clusters where many lie close.

Everything is grouped by the database, so that the page is as large for ten thousand outlets as for a few hundred.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log2
from typing import Any

from django.db.models import Avg, Case, Count, Exists, F, FloatField, Max, Min, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Floor, Substr
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from dealers.accounts.countries import country_name
from dealers.accounts.models import Outlet
from fulfilment.allocation.models import Allocation
from fulfilment.allocation.situation import clock
from fulfilment.consumer.models import ConsumerOrder, Place
from fulfilment.consumer.states import State
from portal.access.portal import PortalRequest
from portal.components.formats import format_quantity
from portal.components.keyset import with_params
from portal.components.maps import HEIGHT, SMALLEST, WIDTH, Box, Sheet
from portal.console.desk_filter import NOT_SENT

#: States of outlets and orders, the ones that need a person first: a cluster has the colour of its first.
OUTLETS: dict[str, Any] = {"late": t("Overdue to ship"), "on": t("Takes orders"), "off": t("Takes none now")}
ORDERS: dict[str, Any] = {
    State.BACKLOG: t("Backlog"),
    State.READY: pgettext_lazy("queue", "New"),
    State.OFFERED: t("Offered"),
    State.ALLOCATED: t("With dealers"),
}
#: Areas in the table, and how much longer a code gets with each step into one.
MOST_AREAS, DIGITS = 60, 2


@dataclass(slots=True)
class Cluster:
    """What of one sort lies in a cell: how many of each state, about where, and one of them."""

    counts: dict[str, int] = field(default_factory=dict)
    latitude: float = 0.0
    longitude: float = 0.0
    one: int = 0

    @property
    def total(self) -> int:
        """How many lie here."""
        return sum(self.counts.values())

    def add(self, state: str, count: int, latitude: float, longitude: float, one: int) -> None:
        """Count more of a state in, at their middle."""
        whole = self.total + count
        self.latitude += (latitude - self.latitude) * count / whole
        self.longitude += (longitude - self.longitude) * count / whole
        self.counts[state], self.one = self.counts.get(state, 0) + count, one


Clusters = dict[tuple[int, int], Cluster]


@require_safe
def desk_map(request: PortalRequest) -> HttpResponse:
    """The map of what is chosen by country, area and box. The same statements for any number of points."""
    country, area = (request.GET.get(name, "").replace("\x00", "").strip()[:20] for name in ("country", "area"))
    outlets, orders = _outlets(country, area), _orders(country, area)
    asked = Box.read(request.GET.get("box", ""))
    bounds = asked or _bounds(outlets, orders)
    context: dict[str, Any] = {
        "width": WIDTH,
        "height": HEIGHT,
        "country": country,
        "area": area,
        "legend": [
            ("outlet", [(f"p-map-outlet-{code}", word) for code, word in OUTLETS.items()]),
            ("order", [(f"p-map-order-{code}", word) for code, word in ORDERS.items()]),
        ],
        "whole_url": "?" if request.GET else "",
        "areas": _areas(outlets, orders, country, area, request.GET),
    }
    if bounds is not None:
        sheet = Sheet.of(bounds)
        marks = _marks(sheet, _grouped(outlets, sheet), _grouped(orders, sheet), request.GET)
        context |= {
            "marks": marks,
            "lines": list(sheet.lines()),
            "wider_url": with_params(request.GET, box=sheet.box.wider(2.5).told()) if asked else "",
        }
    return render(request, "console/desk/map.html", context)


def _outlets(country: str, area: str) -> QuerySet[Outlet]:
    """Outlets with a place that fulfil consumer orders, each with its state."""
    late = Allocation.objects.filter(outlet=OuterRef("pk"), state__in=NOT_SENT, offer__ship_by__lt=clock())
    active = Q(consumer_service__is_active=True, dealer__is_active=True, dealer__consumer_contract__is_active=True)
    found = Outlet.objects.filter(is_active=True, latitude__isnull=False, consumer_service__isnull=False)
    if country:
        found = found.filter(country=country)
    if area:
        found = found.filter(consumer_service__area_code__startswith=area)
    state = Case(When(Exists(late), then=Value("late")), When(active, then=Value("on")), default=Value("off"))
    return found.order_by().annotate(mark=state, at_area=F("consumer_service__area_code"))


def _orders(country: str, area: str) -> QuerySet[ConsumerOrder]:
    """Open orders with a place, each with its state."""
    found = ConsumerOrder.objects.filter(state__in=list(ORDERS), latitude__isnull=False)
    if country:
        found = found.filter(country=country)
    if area:
        found = found.filter(area_code__startswith=area)
    return found.order_by().annotate(mark=F("state"), at_area=F("area_code"))


def _bounds(*every: QuerySet[Any]) -> Box | None:
    """The box around all points; None where there are none. One statement each."""
    names = {"south": Min("latitude"), "west": Min("longitude"), "north": Max("latitude"), "east": Max("longitude")}
    found = [one for rows in every if (one := rows.aggregate(**names))["south"] is not None]
    if not found:
        return None
    return Box(
        float(min(one["south"] for one in found)),
        float(min(one["west"] for one in found)),
        float(max(one["north"] for one in found)),
        float(max(one["east"] for one in found)),
    )


def _grouped(rows: QuerySet[Any], sheet: Sheet) -> Clusters:
    """Points by cell of the sheet. One statement."""
    high, wide = sheet.cell
    latitude, longitude = (Cast(name, FloatField()) for name in ("latitude", "longitude"))
    box = sheet.seen
    inside = rows.filter(
        latitude__gte=box.south, latitude__lte=box.north, longitude__gte=box.west, longitude__lte=box.east
    )
    cells = (
        inside.annotate(
            row=Floor((Value(box.north) - latitude) / Value(high)),
            column=Floor((longitude - Value(box.west)) / Value(wide)),
        )
        .values("row", "column", "mark")
        .annotate(many=Count("pk"), middle=Avg(latitude), across=Avg(longitude), one=Min("pk"))
    )
    found: Clusters = defaultdict(Cluster)
    for cell in cells:
        place = (int(cell["row"]), int(cell["column"]))
        found[place].add(cell["mark"], cell["many"], cell["middle"], cell["across"], cell["one"])
    return found


def _marks(sheet: Sheet, outlets: Clusters, orders: Clusters, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is drawn, outlets below orders; where both lie in a cell they stand beside each other."""
    alone = [each.one for each in outlets.values() if each.total == 1]
    names = Outlet.objects.select_related("dealer").in_bulk(alone)
    numbers = dict(
        ConsumerOrder.objects.filter(pk__in=[each.one for each in orders.values() if each.total == 1]).values_list(
            "pk", "external_number"
        )
    )
    marks = []
    for place, cluster in outlets.items():
        one = names.get(cluster.one) if cluster.total == 1 else None
        url = reverse("console:dealer", args=[one.dealer.number]) if one else ""
        label = f"{one.dealer.display_name}, {one.name}" if one else ""
        marks.append(_mark("outlet", OUTLETS, cluster, sheet, query, url, label, aside=place in orders))
    for place, cluster in orders.items():
        url = reverse("console:consumer_order", args=[cluster.one]) if cluster.total == 1 else ""
        marks.append(
            _mark("order", ORDERS, cluster, sheet, query, url, numbers.get(cluster.one, ""), aside=place in outlets)
        )
    return marks


def _mark(
    sort: str,
    states: Mapping[str, Any],
    cluster: Cluster,
    sheet: Sheet,
    query: Mapping[str, Any],
    url: str,
    label: str,
    *,
    aside: bool,
) -> dict[str, Any]:
    x, y = sheet.place(cluster.latitude, cluster.longitude)
    first = next(code for code in states if code in cluster.counts)
    words = ", ".join(
        f"{format_quantity(cluster.counts[code])} {states[code]}" for code in states if code in cluster.counts
    )
    size = 6 if cluster.total == 1 else min(17, 9 + round(log2(cluster.total)))
    many = _("%(many)s outlets") if sort == "outlet" else _("%(many)s orders")
    said = label if cluster.total == 1 else many % {"many": format_quantity(cluster.total)}
    return {
        "sort": sort,
        "css": f"p-map-{sort}-{first}",
        "x": x + (size * (1 if sort == "order" else -1) if aside else 0),
        "y": y,
        "size": size,
        "corner": (x - size - (size if aside else 0), y - size),
        "side": 2 * size,
        "text": _short(cluster.total) if cluster.total > 1 else "",
        "label": f"{said}: {words}",
        "url": url or _into(cluster, sheet, query),
    }


def _short(number: int) -> str:
    return str(number) if number < 1000 else f"{number // 1000}k"


def _into(cluster: Cluster, sheet: Sheet, query: Mapping[str, Any]) -> str:
    """The map of a cluster's surroundings; nowhere where it cannot be drawn larger."""
    high, wide = sheet.cell
    if high <= SMALLEST / 2:
        return ""
    near = Box(
        cluster.latitude - high, cluster.longitude - wide, cluster.latitude + high, cluster.longitude + wide
    ).wider(1)
    return with_params(query, box=near.told())


def _areas(
    outlets: QuerySet[Outlet], orders: QuerySet[ConsumerOrder], country: str, area: str, query: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The same in a table: by country, within one by the next digits of the area code. Two statements, and one for
    the names of areas."""
    key: Any = Substr("at_area", 1, len(area) + DIGITS) if country else F("country")
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for sort, rows in (("outlet", outlets), ("order", orders)):
        for row in rows.annotate(within=key).values("within", "mark").annotate(many=Count("pk")):
            counts, name = found[row["within"] or ""], f"{sort}-{row['mark']}"
            counts[name] = counts.get(name, 0) + row["many"]
    names = _area_names(country, list(found)) if country else {}
    busiest = sorted(found.items(), key=lambda each: (-sum(each[1].values()), each[0]))[:MOST_AREAS]
    return [
        {
            "label": (names.get(code) or code if country else country_name(code)) or _("not known"),
            "code": code if country and names.get(code) else "",
            "url": _area_url(code, country, area, query),
            "outlets": [counts.get(f"outlet-{state}", 0) for state in OUTLETS],
            "orders": [counts.get(f"order-{state}", 0) for state in ORDERS],
        }
        for code, counts in busiest
    ]


def _area_url(code: str, country: str, area: str, query: Mapping[str, Any]) -> str:
    if not code or code == area:
        return ""
    return with_params(query, box=None, area=code) if country else with_params(query, box=None, country=code)


def _area_names(country: str, codes: Sequence[str]) -> dict[str, str]:
    """Names of areas whose code, filled up with zeros as China's are, is in the table of places."""
    filled = {code.ljust(6, "0"): code for code in codes if code}
    found = Place.objects.filter(country=country, code__in=filled).values_list("code", "name")
    return {filled[code]: name for code, name in found}
