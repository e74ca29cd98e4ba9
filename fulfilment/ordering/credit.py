"""How much of a dealer's credit limit is used: what they owe, what is ordered and not invoiced, what is in review."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from dealers.accounts.models import Dealer
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.states import APPROVED_STATES, State

#: Nothing more will be shipped of an order in these states.
CLOSED_STATES = (State.RECEIPT, State.FINISHED)

# Owed: the dealer's receivable. Ordered: approved orders on account with their surcharges and freight, less what
# invoices have billed of them; an order whose invoices reach its total no longer counts, and what the ERP will not ship
# never will be billed, so it does not count either, nor what surcharges come to on it. Lines are read only of orders
# that are not billed in full. One statement for any number of dealers.
EXPOSURE = """
SELECT d.id,
       coalesce((SELECT sum(p.amount) FROM dealers_ledger_posting p
                 WHERE p.dealer_id = d.id AND p.account = 'receivable'), 0),
       coalesce((SELECT sum(CASE WHEN b.billed >= o.total THEN 0 ELSE greatest((
                     SELECT sum(((l.net_amount + l.tax_amount) * e.pieces
                                 - l.surcharge_amount * (100 + o.tax_percent) / 100 * (l.quantity - e.pieces)
                                ) / l.quantity)
                     FROM fulfilment_ordering_dealerorderline l, LATERAL (SELECT CASE
                         WHEN o.state = ANY(%(closed)s) THEN l.shipped_quantity
                         ELSE coalesce(l.confirmed_quantity, l.quantity) END AS pieces) e
                     WHERE l.order_id = o.order_id
                 ) + o.surcharge_net + o.surcharge_tax + o.freight_net + o.freight_tax - coalesce(b.billed, 0), 0) END)
                 FROM fulfilment_ordering_dealerorder o
                 LEFT JOIN LATERAL (
                     SELECT sum(i.total / jsonb_array_length(i.order_numbers)) AS billed
                     FROM dealers_ledger_accountdocument i
                     WHERE i.dealer_id = d.id AND i.kind = 'invoice' AND i.order_numbers ? o.number
                 ) b ON true
                 WHERE o.dealer_id = d.id AND o.payment_terms_days > 0 AND o.state = ANY(%(approved)s)), 0),
       coalesce((SELECT sum(o.total) FROM fulfilment_ordering_dealerorder o
                 WHERE o.dealer_id = d.id AND o.payment_terms_days > 0 AND o.state = %(review)s), 0)
FROM dealers_accounts_dealer d WHERE d.id = ANY(%(dealers)s::bigint[])
"""


@dataclass(frozen=True)
class Credit:
    """A dealer's credit, in the dealer's currency.

    `ordered` is approved and not yet invoiced; `in_review` is sent and not yet decided. An approval holds what is used
    against the limit; what may still be ordered is less by what waits for a decision.
    """

    limit: Decimal
    owed: Decimal
    ordered: Decimal
    in_review: Decimal = Decimal("0.00")

    @property
    def exposure(self) -> Decimal:
        """What is used: owed and ordered; a dealer with money to the good has less than nothing used."""
        return self.owed + self.ordered

    @property
    def left(self) -> Decimal:
        """What may still be ordered on account, were all orders in review approved; negative when exceeded."""
        return self.limit - self.exposure - self.in_review

    @property
    def exceeded(self) -> bool:
        """Whether more is used than the limit allows."""
        return self.exposure > self.limit

    @property
    def used_percent(self) -> int:
        """Used share of the limit, for people; 100 when there is no limit and something is used."""
        if self.limit > 0:
            return max(int(self.exposure * 100 / self.limit), 0)
        return 100 if self.exposure > 0 else 0


def credit_of(dealer: Dealer, plus: DealerOrder | None = None) -> Credit:
    """A dealer's credit; with `plus`, as it would be once that order is approved."""
    return credit_of_many([dealer], plus)[dealer.pk]


def credit_of_many(dealers: Iterable[Dealer], plus: DealerOrder | None = None) -> dict[int, Credit]:
    """Credit by dealer id, in one statement."""
    limits = {dealer.pk: dealer.credit_limit for dealer in dealers}
    approved = [str(state) for state in APPROVED_STATES]
    closed = [str(state) for state in CLOSED_STATES]
    with connection.cursor() as cursor:
        review = str(State.REVIEW)
        asked: dict[str, Any] = {"dealers": list(limits), "approved": approved, "closed": closed, "review": review}
        cursor.execute(EXPOSURE, asked)
        rows = cursor.fetchall()
    found = {}
    for dealer_id, owed, ordered, in_review in rows:
        more = plus.total if plus and plus.dealer_id == dealer_id else Decimal(0)
        waiting = more if plus and plus.state == State.REVIEW and plus.payment_terms_days else Decimal(0)
        ordered = ordered.quantize(Decimal("0.01")) + more
        found[dealer_id] = Credit(limits[dealer_id], owed, ordered, in_review - waiting)
    return found
