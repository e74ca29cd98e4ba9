"""Turning a cart into an order: once, whole, priced and with its stock taken, however often it is asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.sites.models import Site
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, Outlet, User
from fulfilment.ordering.cart import LONGEST_NOTE, CartEntry, entries
from fulfilment.ordering.freight import OrderAmounts, amounts_of
from fulfilment.ordering.lines import Checked, check_lines, minimum_message, shortage_message
from fulfilment.ordering.models import DealerCart, DealerOrder, DealerOrderLine, OrderStep
from fulfilment.ordering.orderrows import OrderRow, write_order_lines
from fulfilment.ordering.problems import LineProblem, OrderRefused, mend_lines
from fulfilment.ordering.promotions import note_uses, reserve_budgets, spent_message
from fulfilment.ordering.shown import line_changes, price_changes
from fulfilment.ordering.states import State
from fulfilment.ordering.surcharges import surcharge_changes, write_surcharges
from fulfilment.ordering.terms import DeliveryMode, require_days, require_delivery
from fulfilment.signals import order_moved
from fulfilment.stock.take import NotEnoughStock, take
from pricing.quote import Quote, supplier_day
from pricing.selling.minimums import shortfall

Basket = get_model("basket", "Basket")
Order = get_model("order", "Order")

ADDRESS_FIELDS = (
    "code",
    "name",
    "contact_name",
    "contact_phone",
    "address_line1",
    "address_line2",
    "city",
    "state",
    "postal_code",
    "country",
)


@dataclass(frozen=True)
class OrderHead:
    """What the dealer says about an order as a whole. `key` is made by the client and stays the same on every retry.

    `shown_total`, `shown_prices`, `shown_quantities` (unit prices and quantities by product) and `shown_surcharges` (by
    code; None when not known) are what the dealer saw when they sent it. `line_terms` are note and requested date by
    product where they are sent with the head; other lines keep what the cart says of them.
    """

    key: UUID
    outlet_id: int
    po_number: str = ""
    requested_date: date | None = None
    note: str = ""
    delivery_mode: str = DeliveryMode.PARTIAL
    cancel_missing_after: date | None = None
    line_terms: Mapping[int, tuple[str, date | None]] = field(default_factory=dict)
    shown_total: Decimal | None = None
    shown_prices: Mapping[int, Decimal] = field(default_factory=dict)
    shown_quantities: Mapping[int, int] = field(default_factory=dict)
    shown_surcharges: Mapping[str, Decimal] | None = None

    def digest(self) -> str:
        """What makes two submissions with one key the same; what was shown is not part of it."""
        body: list[Any] = [self.outlet_id, self.po_number, str(self.requested_date or ""), self.note]
        if self.delivery_mode != DeliveryMode.PARTIAL:
            body += [self.delivery_mode, str(self.cancel_missing_after or "")]
        # A line that says nothing is the same as one that was not sent.
        terms = [(pk, note, str(day or "")) for pk, (note, day) in sorted(self.line_terms.items()) if note or day]
        if terms:
            body.append(terms)
        return hashlib.sha256(json.dumps(body).encode()).hexdigest()


def submit(cart: DealerCart, head: OrderHead, *, by: User, at: datetime | None = None) -> DealerOrder:
    """Place the cart as an order and take its stock, in one transaction with a constant number of statements.

    The same key again answers the same order; the same key with another head is refused. Refused with the lines to be
    mended when a line cannot be ordered, with code `total_changed` when the total is not the one that was shown: a
    price and a surcharge never change silently, each line whose price is another than was seen is named
    (`price_changed`), and each surcharge that is another in the message; and
    with code `cart_changed` when the cart has other lines than were shown, each of them named.
    `at` is for loading history; it does not turn back validity checks of stock.
    """
    at = at or timezone.now()
    known = _known(cart.dealer, head)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return _place(cart, head, by, at)
    except NotEnoughStock as why:
        raise mend_lines(
            [LineProblem(short.product_id, "stock", shortage_message(short.available)) for short in why.shortages]
        ) from why
    except IntegrityError:
        known = _known(cart.dealer, head)
        if known is None:
            raise
        return known


def _known(dealer: Dealer, head: OrderHead) -> DealerOrder | None:
    """The order that this key has made already."""
    order = DealerOrder.objects.filter(dealer=dealer, submit_key=head.key).select_related("dealer").first()
    if order is not None and order.submit_digest != head.digest():
        raise OrderRefused(
            _("This order was already sent with other details, as %s. Open it to see them.") % order.number,
            code="key_reused",
        )
    return order


def _place(cart: DealerCart, head: OrderHead, by: User, at: datetime) -> DealerOrder:
    dealer = cart.dealer
    locked = DealerCart.objects.select_for_update(of=("self",)).get(pk=cart.pk)
    if not locked.is_open:
        known = _known(dealer, head)
        if known is not None:
            return known
        raise OrderRefused(_("This cart has been sent as an order. Start a new one."), code="sent")
    if locked.deleted_at is not None:
        raise OrderRefused(_("This cart was deleted meanwhile. Choose another one."), code="deleted")
    outlet = _outlet(dealer, head)
    if dealer.po_number_required and not head.po_number:
        raise OrderRefused(_("Enter your PO number."), code="po_number", field="po_number")
    require_delivery(head.delivery_mode, head.cancel_missing_after)
    lines = _with_terms(entries(cart), head)
    wanted = {pk: entry.quantity for pk, entry in lines.items()}
    if not wanted:
        raise OrderRefused(_("The cart is empty. Add products first."), code="empty")
    checked = check_lines(dealer, wanted, at)
    wrong_days = require_days({pk: entry.requested_date for pk, entry in lines.items()}, supplier_day(at))
    if checked.all_problems or wrong_days:
        raise mend_lines([*checked.all_problems, *wrong_days])
    _require_minimum(dealer, checked.quote)
    amounts = amounts_of(dealer, checked.quote)
    _require_as_shown(head, lines, checked, amounts)
    # Before the stock, as an order that ends gives them back: then no two orders wait for each other.
    reserve_budgets(checked.quote)
    take(wanted)
    order = _write_order(cart, outlet, head, by, at, checked, amounts)
    _write_lines(order, checked.quote, lines)
    write_surcharges(order, amounts)
    note_uses(order, checked.quote)
    _close_cart(locked, at)
    step = OrderStep.objects.create(order=order, to_state=State.REVIEW, at=at, by=by, by_name=by.get_full_name())
    order_moved.send(sender=DealerOrder, order=order, step=step)
    return order


def _with_terms(lines: Mapping[int, CartEntry], head: OrderHead) -> dict[int, CartEntry]:
    """The cart's lines with the notes and dates that were sent with the head."""
    if not head.line_terms:
        return dict(lines)
    if any(len(note) > LONGEST_NOTE for note, _day in head.line_terms.values()):
        raise OrderRefused(_("A note has at most %d characters.") % LONGEST_NOTE, code="note")
    told = {pk: head.line_terms.get(pk, (entry.note, entry.requested_date)) for pk, entry in lines.items()}
    return {pk: replace(entry, note=told[pk][0], requested_date=told[pk][1]) for pk, entry in lines.items()}


def _require_as_shown(head: OrderHead, lines: Mapping[int, CartEntry], checked: Checked, amounts: OrderAmounts) -> None:
    """Refuse to send anything else than the dealer saw: other lines, prices, surcharges or freight."""
    changed = line_changes(head.shown_quantities, lines)
    if changed:
        raise OrderRefused(
            _("The cart was changed since you opened this page. Check the lines and send again."),
            changed,
            code="cart_changed",
        )
    charged = surcharge_changes(head.shown_surcharges, amounts.surcharges, checked.quote.currency)
    if charged or (head.shown_total is not None and head.shown_total != amounts.total):
        spent = spent_message(checked.quote.spent) if checked.quote.spent else ""
        told = _("Prices have changed since you opened this page. Check the new total and send again.")
        raise OrderRefused(
            " ".join(filter(None, (spent or told, *charged))),
            price_changes(head.shown_prices, lines, checked.quote),
            code="total_changed",
        )


def _require_minimum(dealer: Dealer, quoted: Quote) -> None:
    short = shortfall(dealer, quoted.net_total)
    if short is not None and short.refuses:
        raise OrderRefused(minimum_message(short, quoted.currency), code="minimum")


def _outlet(dealer: Dealer, head: OrderHead) -> Outlet:
    outlet = Outlet.objects.filter(dealer=dealer, pk=head.outlet_id, is_active=True).first()
    if outlet is None:
        raise OrderRefused(_("Choose one of your outlets to ship to."), code="outlet", field="outlet")
    return outlet


def _next_number(at: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('fulfilment_ordering_number')")
        (number,) = cursor.fetchone()
    return f"{at:%y}{number:06d}"


def _write_order(
    cart: DealerCart,
    outlet: Outlet,
    head: OrderHead,
    by: User,
    at: datetime,
    checked: Checked,
    amounts: OrderAmounts,
) -> DealerOrder:
    dealer, quoted, number = cart.dealer, checked.quote, _next_number(at)
    mirror = Order.objects.create(
        number=number,
        site=Site.objects.get_current(),
        basket_id=cart.basket_id,
        user=by,
        currency=quoted.currency,
        total_excl_tax=amounts.net_with_charges,
        total_incl_tax=amounts.total,
        shipping_excl_tax=amounts.freight_net,
        shipping_incl_tax=amounts.freight_net + amounts.freight_tax,
        status=State.REVIEW,
        date_placed=at,
    )
    return DealerOrder.objects.create(
        order=mirror,
        number=number,
        dealer=dealer,
        outlet=outlet,
        ship_to=_address(outlet),
        state=State.REVIEW,
        placed_by=by,
        placed_at=at,
        po_number=head.po_number,
        requested_date=head.requested_date,
        note=head.note,
        delivery_mode=head.delivery_mode,
        cancel_missing_after=head.cancel_missing_after,
        currency=quoted.currency,
        tax_percent=quoted.tax_percent,
        payment_terms_days=dealer.payment_terms_days,
        net_total=amounts.net_total,
        tax_total=amounts.tax_total,
        freight_net=amounts.freight_net,
        freight_tax=amounts.freight_tax,
        surcharge_net=amounts.surcharge_net,
        surcharge_tax=amounts.surcharge_tax,
        order_discount=quoted.order_discount,
        promotion_code=quoted.order_deal.code if quoted.order_deal else "",
        total=amounts.total,
        line_count=len(quoted.lines),
        submit_key=head.key,
        submit_digest=head.digest(),
    )


def _address(outlet: Outlet) -> dict[str, str]:
    return {field: getattr(outlet, field) for field in ADDRESS_FIELDS}


def _write_lines(order: DealerOrder, quoted: Quote, entered: Mapping[int, CartEntry]) -> None:
    rows = []
    for line, tax in zip(quoted.lines, quoted.line_taxes(), strict=True):
        if line.unit_price is None or line.net_amount is None:
            raise ValueError("A line without a price cannot be written.")
        entry = entered[line.product_id]
        amounts = (line.unit_price, line.net_amount, tax)
        terms = (line.list_code, entry.note, entry.requested_date)
        offs = (line.discount, line.order_share, line.promotion_code)
        rows.append(
            OrderRow(line.product_id, line.quantity, *amounts, *terms, *offs, entry.unit, line.surcharge_amount)
        )
    write_order_lines(order, rows)


def _close_cart(cart: DealerCart, at: datetime) -> None:
    cart.is_open = False
    cart.save(update_fields=["is_open"])
    Basket.objects.filter(pk=cart.basket_id).update(status=Basket.SUBMITTED, date_submitted=at)


def product_quantities(lines: Sequence[DealerOrderLine]) -> dict[int, int]:
    """`product id → open quantity` of order lines: what they still hold of the stock."""
    held: dict[int, int] = {}
    for line in lines:
        product_id = line.line.product_id
        if product_id is not None and line.open_quantity:
            held[product_id] = held.get(product_id, 0) + line.open_quantity
    return held
