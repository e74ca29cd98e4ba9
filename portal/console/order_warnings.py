"""What a rep should look at before approving, found for a whole page of orders at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from dealers.statements.statement import OpenAmounts, open_amounts
from fulfilment.ordering.credit import Credit, credit_of_many
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.states import State
from fulfilment.ordering.terms import DeliveryMode
from portal.components.formats import format_amount, format_date

#: How many times a dealer's usual quantity of a SKU makes a person look, and how many orders make a habit.
UNUSUAL_FACTOR = 4
HABIT = 2

# A habit is what the dealer had approved in the last year: the average over the lines of the same SKU.
UNUSUAL = """
WITH asked AS (
    SELECT o.order_id, o.dealer_id, o.placed_at, l.sku, l.quantity
    FROM fulfilment_ordering_dealerorder o JOIN fulfilment_ordering_dealerorderline l ON l.order_id = o.order_id
    WHERE o.order_id = ANY(%(orders)s::bigint[])
), habit AS (
    SELECT o.dealer_id, l.sku, avg(l.quantity) AS usual
    FROM fulfilment_ordering_dealerorder o JOIN fulfilment_ordering_dealerorderline l ON l.order_id = o.order_id
    WHERE o.dealer_id = ANY(%(dealers)s::bigint[]) AND o.approved_at IS NOT NULL
        AND o.state <> 'cancelled' AND o.placed_at > now() - interval '1 year'
        AND NOT o.order_id = ANY(%(orders)s::bigint[])
    GROUP BY o.dealer_id, l.sku HAVING count(*) >= %(habit)s
)
SELECT a.order_id, a.sku, a.quantity, h.usual
FROM asked a JOIN habit h USING (dealer_id, sku)
WHERE a.quantity >= h.usual * %(factor)s
ORDER BY a.order_id, a.quantity / h.usual DESC
"""

# Whether the outlet has had an order before, and whether the dealer has used the PO number before.
EARLIER = """
SELECT o.order_id,
    NOT EXISTS (SELECT FROM fulfilment_ordering_dealerorder e
                WHERE e.outlet_id = o.outlet_id AND e.placed_at < o.placed_at AND e.state <> 'rejected'),
    (SELECT min(e.number) FROM fulfilment_ordering_dealerorder e
     WHERE o.po_number <> '' AND e.dealer_id = o.dealer_id AND e.po_number = o.po_number AND e.order_id <> o.order_id
        AND e.state NOT IN ('rejected', 'cancelled'))
FROM fulfilment_ordering_dealerorder o WHERE o.order_id = ANY(%(orders)s::bigint[])
"""


@dataclass(frozen=True)
class Caution:
    """One thing to look at: a chip's words, its colour, and the sentence behind it."""

    word: str
    kind: str
    sentence: str


def credit_after(orders: Sequence[DealerOrder]) -> dict[int, Credit]:
    """By order id: the dealer's credit once that order alone is approved. Orders that are prepaid use none."""
    now = credit_of_many({order.dealer for order in orders})
    after = {}
    for order in orders:
        credit = now[order.dealer_id]
        used = order.total if order.state == State.REVIEW and order.payment_terms_days else Decimal(0)
        after[order.pk] = replace(credit, ordered=credit.ordered + used, in_review=credit.in_review - used)
    return after


def warnings_for(orders: Sequence[DealerOrder], credits: dict[int, Credit]) -> dict[int, list[Caution]]:
    """By order id: what to look at, worst first. Three statements for any number of orders."""
    found: dict[int, list[Caution]] = defaultdict(list)
    keys = [order.pk for order in orders]
    if not keys:
        return found
    unusual, earlier = _unusual(orders), dict(_rows(EARLIER, {"orders": keys}))
    owed = open_amounts({order.dealer_id for order in orders})
    for order in orders:
        first, used_by = earlier[order.pk]
        found[order.pk] = _of_money(order, credits[order.pk], owed[order.dealer_id])
        found[order.pk] += _of_order(order, first=first, used_by=used_by, unusual=unusual[order.pk])
    return found


def _of_money(order: DealerOrder, credit: Credit, owed: OpenAmounts) -> list[Caution]:
    warnings = []
    if order.payment_terms_days and credit.exceeded:
        warnings.append(
            Caution(_("Over credit"), "bad", _("With this order the dealer uses more than the credit limit."))
        )
    if owed.overdue:
        facts = {"amount": format_amount(owed.overdue), "currency": order.dealer.currency}
        warnings.append(
            Caution(_("Overdue"), "warn", _("%(amount)s %(currency)s should have been paid by now.") % facts)
        )
    return warnings


def _of_order(
    order: DealerOrder, *, first: bool, used_by: str | None, unusual: list[tuple[str, int, Decimal]]
) -> list[Caution]:
    warnings = []
    if used_by:
        sentence = _("Order %(order)s has the same PO number.") % {"order": used_by}
        warnings.append(Caution(_("PO number used before"), "warn", sentence))
    if unusual:
        sku, quantity, usual = unusual[0]
        sentence = _("%(sku)s: %(quantity)s ordered, usually %(usual)s.") % {
            "sku": sku,
            "quantity": f"{quantity:,}",
            "usual": f"{usual:,.0f}",
        }
        warnings.append(Caution(_("Unusual quantity"), "warn", sentence))
    if first:
        warnings.append(Caution(_("First order of the outlet"), "progress", _("Nothing was shipped there before.")))
    if order.delivery_mode != DeliveryMode.PARTIAL:
        warnings.append(Caution(_("Delivery"), "neutral", delivery_words(order)))
    if order.note:
        warnings.append(Caution(_("Note"), "neutral", order.note))
    return warnings


def delivery_words(order: DealerOrder) -> str:
    """How the dealer wants the order delivered, with the last day if there is one."""
    words = str(DeliveryMode(order.delivery_mode).label)
    return f"{words}: {format_date(order.cancel_missing_after)}" if order.cancel_missing_after else words


def _unusual(orders: Sequence[DealerOrder]) -> dict[int, list[tuple[str, int, Decimal]]]:
    found: dict[int, list[tuple[str, int, Decimal]]] = defaultdict(list)
    parameters = {
        "orders": [order.pk for order in orders],
        "dealers": list({order.dealer_id for order in orders}),
        "habit": HABIT,
        "factor": UNUSUAL_FACTOR,
    }
    for order_id, found_sku in _rows(UNUSUAL, parameters):
        found[order_id].append(found_sku)
    return found


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[int, Any]]:
    """Rows as (order id, the rest)."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [(row[0], row[1:]) for row in cursor.fetchall()]
