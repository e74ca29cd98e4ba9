"""Counts of dealers' stock: from a list, an API or by hand. A count never touches what is promised.

What is on hand is what was counted, with everything that we booked after it was counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from dealers.accounts.models import User
from dealers.intake.rows import RowState
from fulfilment.stock.models import COUNTS, MoveKind
from fulfilment.stock.outlet_shortfalls import settle_shortfalls
from fulfilment.stock.outlets import Key

#: Clocks differ; a moment later than this from now is a mistake that would block later counts.
AHEAD = timedelta(minutes=10)
#: A count older than this is told as old.
STALE_AFTER = timedelta(days=2)

GIVEN = """
given AS (
    SELECT * FROM unnest(%(outlets)s::bigint[], %(products)s::bigint[], %(quantities)s::integer[],
        %(safeties)s::integer[], %(moments)s::timestamptz[]) AS g(outlet_id, product_id, quantity, safety, as_of)
)
"""

MAKE = f"""
WITH {GIVEN}
INSERT INTO fulfilment_stock_outletstock
    (outlet_id, product_id, on_hand, held, firm, safety, unsellable, confidence)
SELECT outlet_id, product_id, 0, 0, 0, 0, 0, 100 FROM given
WHERE NOT EXISTS (SELECT FROM fulfilment_stock_outletstock s
    WHERE s.product_id = given.product_id AND s.outlet_id = given.outlet_id)
ORDER BY product_id, outlet_id ON CONFLICT DO NOTHING RETURNING outlet_id, product_id
"""  # noqa: S608 - constants

# Once the rows are locked, whatever was booked on them is committed and seen by the next statement.
LOCK = f"""
WITH {GIVEN}, locked AS (
    SELECT s.id FROM fulfilment_stock_outletstock s JOIN given USING (outlet_id, product_id)
    ORDER BY s.id FOR NO KEY UPDATE OF s
)
SELECT count(*) FROM locked
"""  # noqa: S608 - constants

COUNT = f"""
WITH {GIVEN}, told AS (
    SELECT s.id, s.outlet_id, s.product_id, s.feed_as_of AS known, s.on_hand AS old_on_hand,
        s.safety AS old_safety, s.unsellable AS old_unsellable, s.blocked_at AS old_blocked,
        coalesce(g.quantity, s.on_hand) AS counted,
        coalesce(s.feed_as_of > g.as_of AND g.quantity IS NOT NULL, false) AS older,
        CASE WHEN g.quantity IS NULL THEN s.on_hand ELSE g.quantity + later.on_hand END AS on_hand,
        CASE WHEN g.quantity IS NULL THEN s.unsellable ELSE later.unsellable END AS unsellable,
        CASE WHEN g.quantity IS NULL THEN s.feed_as_of ELSE least(g.as_of, clock_timestamp()) END AS as_of,
        CASE WHEN g.quantity IS NULL OR s.blocked_at > g.as_of THEN s.blocked_at END AS blocked_at,
        coalesce(g.safety, s.safety) AS safety,
        CASE WHEN %(by_hand)s AND g.quantity IS NOT NULL THEN 100 ELSE s.confidence END AS confidence
    FROM given g JOIN fulfilment_stock_outletstock s USING (outlet_id, product_id)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(m.on_hand), 0) AS on_hand, coalesce(sum(m.unsellable), 0) AS unsellable
        FROM fulfilment_stock_outletstockmove m
        WHERE m.stock_id = s.id AND m.at > g.as_of AND m.kind <> ALL(%(counts)s)
    ) later
), changed AS (
    UPDATE fulfilment_stock_outletstock s
    SET on_hand = t.on_hand, unsellable = t.unsellable, safety = t.safety, feed_as_of = t.as_of,
        blocked_at = t.blocked_at, confidence = t.confidence
    FROM told t WHERE s.id = t.id AND NOT t.older
), noted AS (
    INSERT INTO fulfilment_stock_outletstockmove
        (stock_id, kind, quantity, on_hand, held, firm, safety, unsellable, at, reference, by_id)
    SELECT id, %(kind)s, counted, on_hand - old_on_hand, 0, 0, safety - old_safety, unsellable - old_unsellable,
        clock_timestamp(), %(reference)s, %(by)s
    FROM told WHERE NOT older AND (on_hand, safety, unsellable, blocked_at)
        IS DISTINCT FROM (old_on_hand, old_safety, old_unsellable, old_blocked)
    ORDER BY id
)
SELECT id, outlet_id, product_id, older, known, (on_hand, safety, unsellable, blocked_at)
    IS DISTINCT FROM (old_on_hand, old_safety, old_unsellable, old_blocked)
FROM told
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Counted:
    """What is said of an outlet's stock of a product at `as_of`. None leaves the quantity, or the safety, alone."""

    outlet_id: int
    product_id: int
    quantity: int | None
    as_of: datetime
    safety: int | None = None

    @property
    def key(self) -> Key:
        """Which stock it is said of."""
        return self.outlet_id, self.product_id


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a count. `older_than`: it was left out, since a count as of this moment was known already."""

    state: RowState
    older_than: datetime | None = None


def take_counts(
    counts: Sequence[Counted], *, kind: MoveKind = MoveKind.FEED, reference: str = "", by: User | None = None
) -> dict[Key, Told]:
    """Take in counts, each of another key, in one transaction and four statements; what became of each by key.

    A count older than the last one of its key changes nothing. A promise that the count does not cover becomes a
    `StockShortfall`. Refuses (ValueError) repeated keys, quantities below 0, naive moments and those to come.
    """
    _check(counts, kind)
    if not counts:
        return {}
    arguments = _arguments(counts, kind, reference, by)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MAKE, arguments)
        new = set(cursor.fetchall())
        cursor.execute(LOCK, arguments)
        cursor.execute(COUNT, arguments)
        rows = cursor.fetchall()
        settle_shortfalls([row[0] for row in rows], why=kind)
    told = {}
    for _id, outlet, product, older, known, differs in rows:
        state = RowState.of(new=(outlet, product) in new, differs=differs)
        told[outlet, product] = Told(RowState.UNCHANGED, known) if older else Told(state)
    return told


def count_by_hand(
    outlet_id: int, product_id: int, quantity: int | None, safety: int | None, *, by: User
) -> dict[Key, Told]:
    """A person says what is there now, or changes the safety stock alone (`quantity` None)."""
    counted = Counted(outlet_id, product_id, quantity, timezone.now(), safety)
    return take_counts([counted], kind=MoveKind.BY_HAND, by=by)


def _check(counts: Sequence[Counted], kind: MoveKind) -> None:
    latest = timezone.now() + AHEAD
    if kind not in COUNTS:
        raise ValueError(f"{kind} is no count.")
    if len({each.key for each in counts}) < len(counts):
        raise ValueError("A key stands twice among the counts.")
    if any((each.quantity or 0) < 0 or (each.safety or 0) < 0 for each in counts):
        raise ValueError("A quantity is below 0.")
    if any(timezone.is_naive(each.as_of) or each.as_of > latest for each in counts):
        raise ValueError("A moment has no zone, or is yet to come.")


def _arguments(counts: Sequence[Counted], kind: MoveKind, reference: str, by: User | None) -> dict[str, Any]:
    return {
        "outlets": [each.outlet_id for each in counts],
        "products": [each.product_id for each in counts],
        "quantities": [each.quantity for each in counts],
        "safeties": [each.safety for each in counts],
        "moments": [each.as_of for each in counts],
        "kind": kind.value,
        "counts": [each.value for each in COUNTS],
        "by_hand": kind == MoveKind.BY_HAND,
        "reference": reference[:100],
        "by": by.pk if by else None,
    }
