"""What orders take of a promotion's budget: reserved when an order is placed, given back when it ends unserved."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import connection

from pricing.promotions.models import PromotionUse

# Rows are locked in the order of their codes before any is changed, so two orders never deadlock; the guard stands in
# the UPDATE itself, so a budget is never overdrawn however many orders come at once.
RESERVE = """
WITH wanted AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(amounts)s::numeric[]) AS w(id, amount)
), locked AS MATERIALIZED (
    SELECT p.id, w.amount
    FROM pricing_promotions_promotion p JOIN wanted w USING (id)
    WHERE p.budget_amount IS NOT NULL
    ORDER BY p.code FOR UPDATE OF p
), reserved AS (
    UPDATE pricing_promotions_promotion p
    SET budget_used = p.budget_used + l.amount
    FROM locked l
    WHERE p.id = l.id AND {guard}
    RETURNING p.id
)
SELECT l.id FROM locked l WHERE l.id NOT IN (SELECT id FROM reserved)
"""
GUARD = "p.budget_used + l.amount <= p.budget_amount"

GIVE_BACK = """
WITH freed AS (
    UPDATE pricing_promotions_promotionuse SET given_back_at = now()
    WHERE order_number = %(order)s AND given_back_at IS NULL
    RETURNING promotion_id, amount
), locked AS MATERIALIZED (
    SELECT p.id, f.amount
    FROM pricing_promotions_promotion p JOIN freed f ON f.promotion_id = p.id
    WHERE p.budget_amount IS NOT NULL
    ORDER BY p.code FOR UPDATE OF p
)
UPDATE pricing_promotions_promotion p SET budget_used = greatest(p.budget_used - l.amount, 0)
FROM locked l WHERE p.id = l.id
"""


class BudgetSpent(Exception):
    """Budgets that do not suffice by now; the caller must roll back, since the others have been reserved."""

    def __init__(self, promotions: frozenset[int]) -> None:
        super().__init__(f"{len(promotions)} budgets are spent.")
        self.promotions = promotions


def reserve(amounts: Mapping[int, Decimal]) -> None:
    """Take `promotion id → amount` of the budgets, all or nothing, in one statement; promotions without one pass.

    Runs in the caller's transaction, which must be undone on `BudgetSpent`.
    """
    if not amounts:
        return
    asked: dict[str, Any] = {"ids": list(amounts), "amounts": list(amounts.values())}
    with connection.cursor() as cursor:
        cursor.execute(RESERVE.replace("{guard}", GUARD), asked)
        short = frozenset(row[0] for row in cursor.fetchall())
    if short:
        raise BudgetSpent(short)


def record_uses(order_number: str, amounts: Mapping[int, Decimal]) -> None:
    """Note what an order took of which promotion. Once per order and promotion; one statement."""
    PromotionUse.objects.bulk_create(
        PromotionUse(promotion_id=pk, order_number=order_number, amount=amount) for pk, amount in amounts.items()
    )


def give_back(order_number: str) -> None:
    """Return what an order took to the budgets, exactly once however often it is called. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK, {"order": order_number})
