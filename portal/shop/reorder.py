"""An earlier order put into the cart again, as far as it can be had today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from dealers.accounts.models import Dealer
from fulfilment.ordering.models import DealerOrder, DealerOrderLine
from fulfilment.stock.take import available
from portal.components.formats import format_amount
from portal.shop.rows import Label, labels_for, named
from pricing.quote import assortment, quote


@dataclass
class Reordered:
    """What goes into the cart (`product id → quantity`), and in words what is not as it was then."""

    quantities: dict[int, int] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def plan_reorder(dealer: Dealer, order: DealerOrder, in_cart: Mapping[int, int]) -> Reordered:
    """What of an order can be ordered again today: never more than is left beside what the cart holds already."""
    lines = list(DealerOrderLine.objects.filter(order=order).select_related("line").order_by("position"))
    wanted = _summed(lines)
    labels = labels_for(dealer, named(assortment(dealer)).filter(pk__in=list(wanted)))
    left = available(list(wanted))
    plan = Reordered()
    for line in lines:
        product_id = line.line.product_id
        if product_id is None or product_id not in labels:
            plan.gone.append(_("%s is no longer available to you.") % line.sku)
        elif product_id not in plan.quantities:
            free = left.get(product_id, 0) - in_cart.get(product_id, 0)
            _plan_line(plan, labels[product_id], wanted[product_id], free)
    _tell_prices(plan, dealer, labels, {line.line.product_id: line.unit_price for line in lines})
    return plan


def _summed(lines: list[DealerOrderLine]) -> dict[int, int]:
    wanted: dict[int, int] = {}
    for line in lines:
        if line.line.product_id is not None:
            wanted[line.line.product_id] = wanted.get(line.line.product_id, 0) + line.quantity
    return wanted


def _plan_line(plan: Reordered, label: Label, wanted: int, free: int) -> None:
    quantity = label.pack.fitted(wanted)
    if quantity > free:
        quantity = label.pack.within(free)
    if quantity < label.smallest:
        plan.gone.append(_("%s is out of stock.") % label.sku)
        return
    plan.quantities[label.pk] = quantity
    if quantity != wanted:
        reason = _("it is sold in packs of %d") % label.multiple
        if quantity < wanted:
            most = quantity == label.maximum
            reason = _("that is the most in one order") if most else _("only so many are left")
        words = {"sku": label.sku, "now": quantity, "then": wanted, "reason": reason}
        plan.changed.append(_("%(sku)s: %(now)d instead of %(then)d, because %(reason)s.") % words)


def _tell_prices(
    plan: Reordered, dealer: Dealer, labels: Mapping[int, Label], before: Mapping[int | None, Decimal]
) -> None:
    for line in quote(dealer, list(plan.quantities.items())).lines:
        then = before[line.product_id]
        if line.unit_price is not None and line.unit_price != then:
            words = {
                "sku": labels[line.product_id].sku,
                "now": format_amount(line.unit_price),
                "then": format_amount(then),
            }
            plan.changed.append(_("%(sku)s now costs %(now)s (then %(then)s).") % words)
