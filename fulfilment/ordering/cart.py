"""A user's open cart at a dealer. Oscar's basket tables hold it; we fill them in sets, never line by line."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, User
from fulfilment.ordering.lines import MAX_QUANTITY
from fulfilment.ordering.models import DealerCart
from fulfilment.ordering.problems import OrderRefused
from pricing.quote import assortment

Basket = get_model("basket", "Basket")
BasketLine = get_model("basket", "Line")

MAX_LINES = 5_000

# A line is one product; adding it twice adds up. `product_stockrecord` is Oscar's own line reference.
UPSERT = """
INSERT INTO basket_line
    (basket_id, line_reference, product_id, stockrecord_id, quantity, price_currency, date_created, date_updated)
SELECT %(basket)s, s.product_id || '_' || s.id, s.product_id, s.id, w.quantity, %(currency)s, now(), now()
FROM unnest(%(ids)s::bigint[], %(quantities)s::bigint[]) WITH ORDINALITY AS w(product_id, quantity, place)
JOIN partner_stockrecord s USING (product_id)
ORDER BY w.place
ON CONFLICT (basket_id, line_reference) DO UPDATE
SET quantity = least({change}, %(limit)s), date_updated = now()
"""


def open_cart(user: User, dealer: Dealer) -> DealerCart:
    """The user's open cart at the dealer, made when there is none. Safe when two requests ask at once."""
    cart = find_cart(user, dealer)
    if cart is not None:
        return cart
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        cart = find_cart(user, dealer)
        if cart is None:
            basket = Basket.objects.create(owner=user, status=Basket.OPEN)
            cart = DealerCart.objects.create(basket=basket, dealer=dealer, user=user)
    return cart


def find_cart(user: User, dealer: Dealer) -> DealerCart | None:
    """The user's open cart at the dealer, if there is one."""
    return DealerCart.objects.filter(user=user, dealer=dealer, is_open=True).first()


def quantities(cart: DealerCart) -> dict[int, int]:
    """`product id → quantity` in the order the lines were added. One statement."""
    lines = BasketLine.objects.filter(basket=cart.basket_id).order_by("pk")
    return dict(lines.values_list("product_id", "quantity"))


def add_to_cart(cart: DealerCart, wanted: Mapping[int, int]) -> int:
    """Add quantities to what is in the cart; returns how many lines were written. Any number costs the same.

    Products that the dealer may not see are refused together, before anything is written.
    """
    return _write(cart, wanted, "basket_line.quantity + excluded.quantity")


def set_quantities(cart: DealerCart, wanted: Mapping[int, int]) -> None:
    """Set quantities; 0 removes the line."""
    gone = [product_id for product_id, quantity in wanted.items() if quantity == 0]
    with transaction.atomic():
        if gone:
            _require_open(cart)
            BasketLine.objects.filter(basket=cart.basket_id, product__in=gone).delete()
        _write(cart, {product: quantity for product, quantity in wanted.items() if quantity}, "excluded.quantity")


def clear_cart(cart: DealerCart) -> None:
    """Remove every line."""
    with transaction.atomic():
        _require_open(cart)
        BasketLine.objects.filter(basket=cart.basket_id).delete()


def _write(cart: DealerCart, wanted: Mapping[int, int], change: str) -> int:
    if not wanted:
        return 0
    if any(not 1 <= quantity <= MAX_QUANTITY for quantity in wanted.values()):
        raise OrderRefused(_("Enter a quantity from 1 to %d.") % MAX_QUANTITY, code="quantity")
    with transaction.atomic():
        _require_open(cart)
        known = set(assortment(cart.dealer).filter(pk__in=list(wanted)).values_list("pk", flat=True))
        kept = set(BasketLine.objects.filter(basket=cart.basket_id).values_list("product_id", flat=True))
        if not set(wanted) <= known | kept:
            raise OrderRefused(_("A product is not available to you. Nothing was added."), code="not_available")
        if len(kept | set(wanted)) > MAX_LINES:
            raise OrderRefused(_("A cart holds at most %d lines. Send this one first.") % MAX_LINES, code="lines")
        with connection.cursor() as cursor:
            cursor.execute(
                UPSERT.format(change=change),
                {
                    "basket": cart.basket_id,
                    "currency": cart.dealer.currency,
                    "ids": list(wanted),
                    "quantities": list(wanted.values()),
                    "limit": MAX_QUANTITY,
                },
            )
            written = cursor.rowcount
        if written != len(wanted):
            raise OrderRefused(_("A product is not available to you. Nothing was added."), code="not_available")
        DealerCart.objects.filter(pk=cart.pk).update(updated_at=timezone.now())
    return written


def _require_open(cart: DealerCart) -> None:
    """Lock the cart; one that was sent meanwhile is not changed any more."""
    if not DealerCart.objects.select_for_update(of=("self",)).filter(pk=cart.pk, is_open=True).exists():
        raise OrderRefused(_("This cart has been sent as an order. Start a new one."), code="sent")
