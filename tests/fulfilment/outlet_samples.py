"""Outlet stock for tests, and its recount."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from fulfilment.stock.models import OutletStock, StockShortfall
from fulfilment.stock.outlet_feed import Counted, take_counts
from fulfilment.stock.outlets import Key

COUNTERS = ("on_hand", "held", "firm", "safety", "unsellable")


def make_stock(outlet: Any, product: Any, quantity: int, *, safety: int = 0, minutes_ago: int = 60) -> Key:
    """Stock counted a while ago; its key."""
    counted = Counted(outlet.pk, product.pk, quantity, timezone.now() - timedelta(minutes=minutes_ago), safety)
    take_counts([counted])
    return counted.key


def stock_at(key: Key) -> OutletStock:
    """The stock row of a key, read anew, with what is available."""
    return OutletStock.objects.with_available().get(outlet=key[0], product=key[1])


def assert_recounts() -> None:
    """Every counter is the sum of its moves, and every shortfall is told as it is."""
    for row in OutletStock.objects.all():
        sums = row.moves.aggregate(**{f"sum_{name}": Sum(name, default=0) for name in COUNTERS})
        assert {name: getattr(row, name) for name in COUNTERS} == {name: sums[f"sum_{name}"] for name in COUNTERS}
        short = max(min(row.held + row.firm, row.held + row.firm + row.unsellable - row.on_hand), 0)
        told = StockShortfall.objects.filter(stock=row, cleared_at=None).values_list("quantity", flat=True)
        assert list(told) == ([short] if short else []), row
