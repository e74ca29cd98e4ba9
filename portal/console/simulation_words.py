"""A simulation's result as a person reads it: both sides in rows, dealers' shares, refusals, and order by order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from dealers.accounts.models import Dealer, Outlet
from fulfilment.allocation.minor import to_money
from fulfilment.allocation.reasons import Outcome
from fulfilment.consumer.models import ConsumerOrderLine
from portal.components.charts import Bar, stack
from portal.components.formats import format_amount, format_quantity
from portal.console.allocation_words import outcome_words, reason_words
from portal.documents.workbooks import Column, Sheet
from portal.sourcing.models import SimulatedOrder, Simulation

#: What a figure of the comparison is.
COUNT, MONEY, PERCENT, KILOMETRES, RATIO = "count", "money", "percent", "kilometres", "ratio"
TENTH = Decimal("0.1")


def comparison(result: Mapping[str, Any], currency: str) -> list[dict[str, Any]]:
    """The figures of both sides beside each other, with the difference."""
    return [
        _row(label, kind, _value(kind, one), _value(kind, other))
        for label, kind, one, other in _figures(result, currency)
    ]


def _figures(result: Mapping[str, Any], currency: str) -> Iterator[tuple[str, str, Any, Any]]:
    live, draft = result["live"], result["draft"]
    yield _("Orders"), COUNT, live["orders"], draft["orders"]
    for outcome in Outcome:
        one, other = live["lines"].get(outcome, 0), draft["lines"].get(outcome, 0)
        if one or other:
            yield _("Lines: %(outcome)s") % {"outcome": outcome_words(outcome)}, COUNT, one, other
    yield _("Units with dealers"), COUNT, live["units"], draft["units"]
    yield _("Parcels"), COUNT, live["parcels"], draft["parcels"]
    yield _("Split orders, %"), PERCENT, _share(live, "split"), _share(draft, "split")
    yield _("Mean distance, km"), KILOMETRES, live["mean_distance"], draft["mean_distance"]
    yield _("95 % of parcels within, km"), KILOMETRES, live["far_distance"], draft["far_distance"]
    yield _("Freight, %(currency)s") % {"currency": currency}, MONEY, live["freight"], draft["freight"]
    yield _("Top-up, %(currency)s") % {"currency": currency}, MONEY, live["top_up"], draft["top_up"]
    yield _("Cost as each weighs it, %(currency)s") % {"currency": currency}, MONEY, live["cost"], draft["cost"]
    yield _("Gini of units against entitlement"), RATIO, live["gini"], draft["gini"]


def _share(side: Mapping[str, Any], name: str) -> Decimal | None:
    return (Decimal(side[name]) * 100 / side["orders"]).quantize(TENTH) if side["orders"] else None


def _value(kind: str, value: Any) -> Decimal | None:
    if value is None:
        return None
    if kind == MONEY:
        return to_money(value)
    if kind == KILOMETRES:
        return (Decimal(value) / 1000).quantize(TENTH)
    return (Decimal(value) / 10_000).quantize(Decimal("0.001")) if kind == RATIO else Decimal(value)


def _row(label: str, kind: str, one: Decimal | None, other: Decimal | None) -> dict[str, Any]:
    change = None if one is None or other is None else other - one
    return {
        "label": label,
        "live": _said(kind, one),
        "draft": _said(kind, other),
        "change": _said(kind, change, signed=True) if change else "",
        "values": (one, other, change),
    }


def _said(kind: str, value: Decimal | None, *, signed: bool = False) -> str:
    if value is None:
        return "–"
    text = format_quantity(value) if kind == COUNT else format_amount(value, digits={MONEY: 2, RATIO: 3}.get(kind, 1))
    return f"+{text}" if signed and value > 0 else text


def outcome_parts(side: Mapping[str, Any]) -> list[Bar]:
    """The lines of a side by what becomes of them, as segments of a bar."""
    return stack((outcome_words(each), Decimal(side["lines"].get(each, 0))) for each in Outcome)


def dealer_rows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What each dealer gets on both sides, against its entitlement; whoever gets most stands first. One statement."""
    live, draft, due = result["live"], result["draft"], result["entitlements"]
    keys = live["dealers"].keys() | draft["dealers"].keys() | due.keys()
    names = Dealer.objects.in_bulk([int(key) for key in keys])
    most = max((side["units"] for of in (live, draft) for side in of["dealers"].values()), default=0)
    rows = [
        {
            "dealer": names[int(key)].display_name if int(key) in names else key,
            "number": names[int(key)].number if int(key) in names else "",
            "entitlement": (Decimal(due[key]) / 10_000).quantize(TENTH) if key in due else None,
            "live": _dealer(live, key, most),
            "draft": _dealer(draft, key, most),
        }
        for key in keys
    ]
    return sorted(rows, key=lambda row: (-max(row["live"]["units"], row["draft"]["units"]), row["dealer"]))


def _dealer(side: Mapping[str, Any], key: str, most: int) -> dict[str, Any]:
    share = side["dealers"].get(key) or dict.fromkeys(("orders", "units", "receives", "keeps", "top_up"), 0)
    return {
        "orders": share["orders"],
        "units": share["units"],
        "share": (Decimal(share["units"]) * 100 / side["units"]).quantize(TENTH) if side["units"] else Decimal(0),
        "receives": to_money(share["receives"]),
        "keeps": to_money(share["keeps"]),
        "size": (Decimal(share["units"]) * 100 / most).quantize(TENTH) if most else Decimal(0),
    }


def refusal_rows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Why outlets were not given lines, on both sides; the most frequent first."""
    live, draft = result["live"]["refusals"], result["draft"]["refusals"]
    rows = [
        {"words": reason_words(code), "live": live.get(code, 0), "draft": draft.get(code, 0)}
        for code in live.keys() | draft.keys()
    ]
    return sorted(rows, key=lambda row: (-max(row["live"], row["draft"]), row["words"]))


def difference_rows(orders: Sequence[SimulatedOrder]) -> list[dict[str, Any]]:
    """Orders with what both sides made of them. Two statements for any number."""
    skus = dict(ConsumerOrderLine.objects.filter(order__in=[each.order_id for each in orders]).values_list("pk", "sku"))
    wanted = {part["outlet"] for each in orders for side in (each.live, each.draft) for part in side["parts"]}
    outlets = Outlet.objects.select_related("dealer").in_bulk(wanted)
    return [
        {
            "order": each.order,
            "live": side_words(each.live, skus, outlets),
            "draft": side_words(each.draft, skus, outlets),
            "live_cost": to_money(each.live["freight"] + each.live["top_up"]),
            "draft_cost": to_money(each.draft["freight"] + each.draft["top_up"]),
        }
        for each in orders
    ]


def side_words(side: Mapping[str, Any], skus: Mapping[int, str], outlets: Mapping[int, Outlet]) -> list[str]:
    """Who gets which lines, and what becomes of the others."""
    parts = [
        f"{_outlet(part['outlet'], outlets)}: {_skus(part['lines'], skus)} ({_kilometres(part['distance'])} km)"
        for part in side["parts"]
    ]
    return parts + [f"{outcome_words(rest['outcome'])}: {_skus(rest['lines'], skus)}" for rest in side["rest"]]


def _outlet(key: int, outlets: Mapping[int, Outlet]) -> str:
    found = outlets.get(key)
    return f"{found.dealer.display_name}, {found.name}" if found else _("Outlet %(number)s") % {"number": key}


def _skus(keys: Sequence[int], skus: Mapping[int, str]) -> str:
    return ", ".join(skus.get(key, str(key)) for key in keys)


def _kilometres(metres: int) -> str:
    return format_amount((Decimal(metres) / 1000).quantize(TENTH), digits=1)


def export_sheets(simulation: Simulation) -> list[Sheet]:
    """The comparison, dealers, refusals, and every order, as sheets."""
    result = simulation.result or {}
    live, draft = (
        _("Live: %(name)s") % {"name": simulation.live_name},
        _("Tried: %(name)s") % {"name": simulation.draft_name},
    )
    both = [Column(live, "decimal", 18), Column(draft, "decimal", 18)]
    figures = [(row["label"], *row["values"]) for row in comparison(result, simulation.currency)]
    return [
        Sheet(_("Comparison"), [Column(_("Figure"), width=44), *both, Column(_("Difference"), "decimal")], figures),
        Sheet(_("Dealers"), _dealer_columns(), _dealer_cells(result)),
        Sheet(
            _("Refusals"),
            [Column(_("Reason"), width=48), *both],
            [(row["words"], row["live"], row["draft"]) for row in refusal_rows(result)],
        ),
        Sheet(
            _("Orders"),
            [
                Column(_("Order number")),
                Column(_("Differs"), width=10),
                Column(live, width=60),
                Column(draft, width=60),
                Column(_("Freight and top-up, live"), "money"),
                Column(_("Freight and top-up, tried"), "money"),
            ],
            _order_cells(simulation),
        ),
    ]


def _dealer_columns() -> list[Column]:
    return [
        Column(_("Dealer number")),
        Column(_("Dealer"), width=36),
        Column(_("Entitlement, %"), "decimal"),
        *[
            Column(words % {"side": side}, kind)  # type: ignore[arg-type]  # kinds as workbooks knows them
            for side in (pgettext("rules", "live"), pgettext("rules", "tried"))
            for words, kind in (
                (_("Orders, %(side)s"), "integer"),
                (_("Units, %(side)s"), "integer"),
                (_("Share, %%, %(side)s"), "decimal"),
                (_("Paid to the dealer, %(side)s"), "money"),
                (_("Dealer keeps, %(side)s"), "money"),
            )
        ],
    ]


def _dealer_cells(result: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    for row in dealer_rows(result):
        sides = [
            row[side][name] for side in ("live", "draft") for name in ("orders", "units", "share", "receives", "keeps")
        ]
        yield row["number"], row["dealer"], row["entitlement"], *sides


def _order_cells(simulation: Simulation) -> Iterator[tuple[object, ...]]:
    rows = simulation.orders.select_related("order").order_by("position")
    step, start = 500, 0
    while some := list(rows[start : start + step]):
        for each, told in zip(some, difference_rows(some), strict=True):
            yield (
                each.order.external_number,
                _("yes") if each.differs else "",
                "; ".join(told["live"]),
                "; ".join(told["draft"]),
                told["live_cost"],
                told["draft_cost"],
            )
        start += step
