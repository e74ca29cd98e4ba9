"""Whether what consumers paid is what everybody got: by channel, by order, and campaign budgets beside the ledger.

Orders are counted by the day they were placed, and their money as it stands now. Everything is one statement, whatever
the number of orders. What consumers paid is in exactly one of: shared (sent, less what came back), came back, not sent
yet, cancelled. Shared is in exactly one of: dealers, territory owners, guides, payment provider, supplier. The fee that
a channel told differs from ours when it does by more than a cent a line: rounding by lines can come to that much.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Self

from django.db import connection

#: One row an order: `chosen` orders with their lines, entries and postings.
PER_ORDER = """
WITH chosen AS MATERIALIZED (
    SELECT o.id, o.channel_id, o.external_number, o.placed_at, o.currency, o.state, o.total, o.goods_total, o.freight,
        o.payment_fee, o.line_count
    FROM fulfilment_consumer_consumerorder o
    WHERE o.placed_at >= %(start)s AND o.placed_at < %(end)s
      AND (%(channel)s IS NULL OR o.channel_id = %(channel)s)
      AND (%(after_at)s IS NULL OR (o.placed_at, o.id) < (%(after_at)s, %(after_id)s))
      AND (%(before_at)s IS NULL OR (o.placed_at, o.id) > (%(before_at)s, %(before_id)s))
    {first}
), entries AS (
    SELECT e.order_id,
        sum(e.paid) FILTER (WHERE e.kind <> 'return') AS goods,
        sum(e.freight) FILTER (WHERE e.kind <> 'return') AS freight,
        -coalesce(sum(e.paid + e.freight) FILTER (WHERE e.kind = 'return'), 0) AS returned,
        sum(e.payment_fee) AS fees
    FROM fulfilment_settlement_consumerentry e JOIN chosen c ON c.id = e.order_id
    WHERE e.kind IN ('sale', 'warehouse', 'return') GROUP BY e.order_id
), parties AS (
    SELECT e.order_id,
        -coalesce(sum(p.amount) FILTER (WHERE p.account = 'dealer_payable'), 0) AS dealers,
        -coalesce(sum(p.amount) FILTER (WHERE p.account = 'override_payable'), 0) AS owners,
        -coalesce(sum(p.amount) FILTER (WHERE p.account = 'guide_payable'), 0) AS guides,
        coalesce(sum(p.amount) FILTER (WHERE p.account = 'subsidy'), 0) AS subsidies,
        -coalesce(sum(p.amount) FILTER (WHERE p.account NOT IN (
            'cash_clearing', 'dealer_payable', 'override_payable', 'guide_payable')), 0) AS supplier
    FROM fulfilment_settlement_consumerentry e JOIN chosen c ON c.id = e.order_id
    JOIN dealers_ledger_posting p ON p.journal_id = e.journal_id
    WHERE e.kind IN ('sale', 'warehouse', 'return') GROUP BY e.order_id
), unsent AS (
    SELECT l.order_id,
        sum(l.paid) FILTER (WHERE c.state <> 'cancelled' AND f.fate IS DISTINCT FROM 'cancelled') AS open,
        sum(l.paid) FILTER (WHERE c.state = 'cancelled' OR f.fate = 'cancelled') AS cancelled
    FROM fulfilment_consumer_consumerorderline l JOIN chosen c ON c.id = l.order_id
    LEFT JOIN fulfilment_allocation_allocationline a ON a.order_line_id = l.id AND a.cancelled_at IS NULL
    LEFT JOIN fulfilment_allocation_leftline f ON f.order_line_id = l.id
    WHERE a.sent_at IS NULL AND f.sent_at IS NULL GROUP BY l.order_id
), rest AS (
    SELECT c.*, coalesce(e.goods, 0) + coalesce(e.freight, 0) AS sent, coalesce(e.returned, 0) AS returned,
        coalesce(e.fees, 0) AS fees, c.freight - coalesce(e.freight, 0) AS freight_left,
        u.open IS NOT NULL AS has_open, u.cancelled IS NOT NULL AS has_cancelled,
        coalesce(u.open, 0) AS open_goods, coalesce(u.cancelled, 0) AS cancelled_goods,
        coalesce(p.dealers, 0) AS dealers, coalesce(p.owners, 0) AS owners, coalesce(p.guides, 0) AS guides,
        coalesce(p.subsidies, 0) AS subsidies, coalesce(p.supplier, 0) AS supplier
    FROM chosen c LEFT JOIN entries e ON e.order_id = c.id LEFT JOIN parties p ON p.order_id = c.id
    LEFT JOIN unsent u ON u.order_id = c.id
), per_order AS (
    SELECT r.*, r.open_goods + CASE WHEN r.has_open THEN r.freight_left ELSE 0 END AS unsent,
        r.cancelled_goods + CASE WHEN r.has_cancelled AND NOT r.has_open THEN r.freight_left ELSE 0 END AS cancelled
    FROM rest r
), told AS (
    SELECT p.*, p.total - p.sent - p.unsent - p.cancelled
        + (p.sent - p.returned - p.dealers - p.owners - p.guides - p.fees - p.supplier) AS difference,
        CASE WHEN p.payment_fee > 0 AND NOT p.has_open AND NOT p.has_cancelled AND p.returned = 0
             AND abs(p.fees - p.payment_fee) > p.line_count * 0.01
            THEN p.fees - p.payment_fee ELSE 0 END AS fee_difference
    FROM per_order p
)
"""

SUMS = (
    "total",
    "sent",
    "returned",
    "unsent",
    "cancelled",
    "dealers",
    "owners",
    "guides",
    "fees",
    "supplier",
    "subsidies",
)

BY_CHANNEL = f"""{PER_ORDER.format(first="")}
SELECT t.channel_id, h.name AS channel, t.currency, count(*) AS orders,
    {", ".join(f"sum(t.{name}) AS {name}" for name in SUMS)},
    count(*) FILTER (WHERE t.difference <> 0) AS differing, sum(t.difference) AS difference,
    count(*) FILTER (WHERE t.fee_difference <> 0) AS fees_differing, sum(t.fee_difference) AS fee_difference
FROM told t JOIN fulfilment_consumer_channel h ON h.id = t.channel_id
GROUP BY t.channel_id, h.name, t.currency ORDER BY h.name, t.currency
"""  # noqa: S608 - constants

#: What a list of orders may be asked for.
WHICH = {
    "": "true",
    "difference": "t.difference <> 0",
    "fee": "t.fee_difference <> 0",
    "returned": "t.returned <> 0",
    "unsent": "t.unsent <> 0",
    "cancelled": "t.cancelled <> 0",
    "subsidies": "t.subsidies <> 0",
}
COLUMNS = ("channel_id", "currency", *SUMS, "difference", "payment_fee", "fee_difference")

CAMPAIGNS = """
WITH booked AS (
    SELECT o.campaign_id, sum(e.top_up) AS amount FROM fulfilment_settlement_consumerentry e
    JOIN fulfilment_allocation_offer o ON o.id = e.allocation_id
    WHERE o.campaign_id IS NOT NULL AND e.kind IN ('sale', 'return') GROUP BY o.campaign_id
), subsidy AS (
    SELECT o.campaign_id, sum(p.amount) AS amount FROM fulfilment_settlement_consumerentry e
    JOIN fulfilment_allocation_offer o ON o.id = e.allocation_id
    JOIN dealers_ledger_posting p ON p.journal_id = e.journal_id AND p.account = 'subsidy'
    WHERE o.campaign_id IS NOT NULL GROUP BY o.campaign_id
), offered AS (
    SELECT o.campaign_id, sum(o.top_up) AS amount FROM fulfilment_allocation_offer o
    WHERE o.campaign_id IS NOT NULL AND o.state = 'sent' AND o.holds GROUP BY o.campaign_id
), accepted AS (
    SELECT o.campaign_id, sum(l.top_up) AS amount FROM fulfilment_allocation_allocationline a
    JOIN fulfilment_allocation_offerline l ON l.id = a.offer_line_id
    JOIN fulfilment_allocation_offer o ON o.id = l.offer_id
    WHERE o.campaign_id IS NOT NULL AND a.sent_at IS NULL AND a.cancelled_at IS NULL GROUP BY o.campaign_id
)
SELECT c.id, c.code, c.name, c.currency, c.budget, c.used, coalesce(f.amount, 0) AS offered,
    coalesce(a.amount, 0) AS accepted, coalesce(b.amount, 0) AS booked, coalesce(s.amount, 0) AS subsidy,
    c.used - coalesce(f.amount, 0) - coalesce(a.amount, 0) - coalesce(b.amount, 0) AS difference
FROM fulfilment_allocation_consumercampaign c
LEFT JOIN offered f ON f.campaign_id = c.id LEFT JOIN accepted a ON a.campaign_id = c.id
LEFT JOIN booked b ON b.campaign_id = c.id LEFT JOIN subsidy s ON s.campaign_id = c.id
ORDER BY c.code
"""


class _Row:
    """Made from a row of a statement by its columns."""

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        """The row; columns that it has no field for are left out."""
        return cls(**{field.name: row[field.name] for field in fields(cls)})  # type: ignore[arg-type]  # of dataclasses


@dataclass(frozen=True, slots=True)
class Shared(_Row):
    """What consumers paid (`total`) and where it is, in the currency.

    `sent` of it left with goods, of which `returned` came back; `unsent` has not left, `cancelled` never will. What was
    sent and did not come back is with dealers, territory owners, guides, the payment provider (`fees`) and the supplier
    (`supplier`, after its `subsidies` and expenses). `difference` is what is nowhere, or twice: zero.
    """

    channel_id: int
    currency: str
    total: Decimal
    sent: Decimal
    returned: Decimal
    unsent: Decimal
    cancelled: Decimal
    dealers: Decimal
    owners: Decimal
    guides: Decimal
    fees: Decimal
    supplier: Decimal
    subsidies: Decimal
    difference: Decimal
    fee_difference: Decimal

    @property
    def kept(self) -> Decimal:
        """What was sent and did not come back."""
        return self.sent - self.returned


@dataclass(frozen=True, slots=True)
class ChannelMoney(Shared):
    """A channel's orders of a period: `differing` do not add up, `fees_differing` cost another fee than it said."""

    channel: str
    orders: int
    differing: int
    fees_differing: int


@dataclass(frozen=True, slots=True)
class OrderMoney(Shared):
    """One order; `payment_fee` is the fee as its channel told it, 0 where it did not."""

    id: int
    external_number: str
    placed_at: dt.datetime
    state: str
    channel: str
    payment_fee: Decimal


@dataclass(frozen=True, slots=True)
class CampaignMoney(_Row):
    """A campaign's budget: what is `used` of it is with offers that wait, accepted and not sent, or booked.

    `subsidy` is what stands on the account of top-ups; where the supplier sells, a top-up is in its fee instead.
    """

    id: int
    code: str
    name: str
    currency: str
    budget: Decimal
    used: Decimal
    offered: Decimal
    accepted: Decimal
    booked: Decimal
    subsidy: Decimal
    difference: Decimal


@dataclass(frozen=True, slots=True)
class Span:
    """Orders placed from `start` until before `end`, of one channel or all."""

    start: dt.datetime
    end: dt.datetime
    channel: int | None = None


#: A place in a list of orders, newest first: when an order was placed, and its key.
Place = tuple[dt.datetime, int]


def by_channel(span: Span) -> list[ChannelMoney]:
    """What consumers paid and who has it, one row a channel and currency."""
    return [ChannelMoney.of(row) for row in _rows(BY_CHANNEL, _asked(span))]


def orders(
    span: Span, which: str = "", *, limit: int, after: Place | None = None, before: Place | None = None
) -> list[OrderMoney]:
    """Orders of a span, newest first, at most so many after a place; with `before` those before it, nearest first.

    `which` is a key of `WHICH`.
    """
    direction = "ASC" if before else "DESC"
    # Where every order is wanted, only those of the page are looked at.
    first = "" if which else f"ORDER BY o.placed_at {direction}, o.id {direction} LIMIT %(limit)s"
    columns = ", ".join(f"t.{name}" for name in COLUMNS)
    statement = f"""{PER_ORDER.format(first=first)}
SELECT t.id, t.external_number, t.placed_at, t.state, h.name AS channel, {columns}
FROM told t JOIN fulfilment_consumer_channel h ON h.id = t.channel_id WHERE {WHICH[which]}
ORDER BY t.placed_at {direction}, t.id {direction} LIMIT %(limit)s"""  # noqa: S608 - constants
    return [OrderMoney.of(row) for row in _rows(statement, {**_asked(span, after, before), "limit": limit})]


def every_order(span: Span, which: str = "", at_once: int = 2_000) -> Iterator[OrderMoney]:
    """All of them, newest first, read in pieces: for exports."""
    after: Place | None = None
    while found := orders(span, which, limit=at_once, after=after):
        yield from found
        after = found[-1].placed_at, found[-1].id


def campaigns() -> list[CampaignMoney]:
    """Every campaign's budget beside the ledger, by code."""
    return [CampaignMoney.of(row) for row in _rows(CAMPAIGNS, {})]


def _asked(span: Span, after: Place | None = None, before: Place | None = None) -> dict[str, Any]:
    after_at, after_id = after or (None, None)
    before_at, before_id = before or (None, None)
    return {
        "start": span.start,
        "end": span.end,
        "channel": span.channel,
        "after_at": after_at,
        "after_id": after_id,
        "before_at": before_at,
        "before_id": before_id,
    }


def _rows(sql: str, asked: dict[str, Any]) -> Sequence[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
