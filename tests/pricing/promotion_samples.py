"""Promotions for tests, in one line each."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pricing.promotions.models import Promotion
from pricing.promotions.write import Reach, save_promotion

MONEY = ("amount", "minimum_value", "budget_amount")


def promote(code: str, kind: str = "percent", reach: Reach | None = None, **fields: Any) -> Promotion:
    """A promotion in force, for everybody and everything unless `reach` says otherwise; money as text, in EUR."""
    values = {name: Decimal(value) if isinstance(value, str) and name in (*MONEY, "percent") else value
              for name, value in fields.items()}  # fmt: skip
    if any(name in values for name in MONEY):
        values.setdefault("currency", "EUR")
    found = Promotion(code=code, kind=kind, **({"name": f"Offer {code}"} | values))
    save_promotion(found, reach or Reach(), by=None)
    return found
