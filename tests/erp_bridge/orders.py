"""Orders for the tests of the bridge, made through the rooms' own functions."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.utils import timezone

from dealers.accounts.models import Dealer, User
from erp_bridge.outbox.models import OutboxMessage
from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.review import approve
from fulfilment.ordering.submit import OrderHead, submit
from tests.factories import World


def placed(world: World, wanted: dict[Any, int] | None = None, *, by: User | None = None, **head: Any) -> DealerOrder:
    """Alice's (or another's) order of ten pans and six pots, in review."""
    buyer = by or world.alice
    dealer: Dealer = buyer.memberships.get().dealer
    cart = open_cart(buyer, dealer)
    add_to_cart(cart, {product.pk: number for product, number in (wanted or {world.pan: 10, world.pot: 6}).items()})
    outlet = dealer.outlets.get(code="MAIN")
    return submit(cart, OrderHead(**({"key": uuid4(), "outlet_id": outlet.pk, "po_number": "PO-1"} | head)), by=buyer)


def approved(world: World, wanted: dict[Any, int] | None = None, **fields: Any) -> DealerOrder:
    """The same, approved by an administrator; its message waits."""
    return approve(placed(world, wanted, **fields).pk, by=world.ada)


def message_of(order: DealerOrder) -> OutboxMessage:
    """The order's message to the ERP."""
    return OutboxMessage.objects.get(key=f"order:{order.number}")


def let_lease_run_out(message: OutboxMessage) -> None:
    """As if the worker had not been heard of for a minute; also ends the wait of a message to be tried again."""
    OutboxMessage.objects.filter(pk=message.pk).update(next_at=timezone.now() - timedelta(seconds=1))


def files(folder: Path) -> list[str]:
    """What the ERP sees in a folder."""
    return sorted(path.name for path in folder.glob("*.xml"))
