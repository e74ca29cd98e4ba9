"""The house order of row locks: dealer → order → lines → stock. Whoever takes several takes them in this order.

Each by primary key. A lock is taken once, then the row is read again: what was read before it does not count.
"""

from __future__ import annotations

from collections.abc import Iterable

from dealers.accounts.models import Dealer
from fulfilment.ordering.models import DealerOrder, DealerOrderLine


def lock_dealer(dealer_id: int) -> Dealer:
    """Lock one dealer: what changes a dealer's exposure or balance waits here. New orders do not."""
    return Dealer.objects.select_for_update(no_key=True).get(pk=dealer_id)


def lock_order(order_id: int) -> DealerOrder:
    """Lock one order and read it anew."""
    return DealerOrder.objects.select_for_update(of=("self",)).select_related("dealer", "order").get(pk=order_id)


def lock_lines(order: DealerOrder, skus: Iterable[str] | None = None) -> list[DealerOrderLine]:
    """Lock an order's lines (all, or those of some SKUs), by primary key."""
    lines = DealerOrderLine.objects.select_for_update().filter(order=order).order_by("pk")
    return list(lines if skus is None else lines.filter(sku__in=list(skus)))
