"""What tests of routing ask and do again and again."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from fulfilment.allocation import routing
from fulfilment.allocation.models import Offer
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.stock.models import OutletStock
from tests.fulfilment.allocation_world import AllocationWorld, place_order


def counters(world: AllocationWorld, shop: int = 1, sku: str = "A") -> tuple[int, int, int]:
    """On hand, held and firm of a shop's stock."""
    outlet, product = world.key(shop, sku)
    return OutletStock.objects.values_list("on_hand", "held", "firm").get(outlet=outlet, product=product)


def offered(world: AllocationWorld, *lines: object, **more: object) -> tuple[ConsumerOrder, Offer]:
    """A placed order and the one offer that routing made of it."""
    order = place_order(world, "W-1", *lines, **more)  # type: ignore[arg-type]
    assert routing.allocate(order.pk)
    order.refresh_from_db()
    return order, order.offers.get()


def lapse(offer: Offer) -> None:
    """Let the time of an offer have passed."""
    Offer.objects.filter(pk=offer.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
