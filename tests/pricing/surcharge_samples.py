"""Surcharges for tests, in one line each."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pricing.surcharges.models import SurchargeRule
from pricing.surcharges.write import Called, save_rule

MONEY = ("amount", "below")


def levy(code: str, kind: str = "percent", **fields: Any) -> SurchargeRule:
    """A rule in force, for everybody and everything unless told otherwise; numbers as text, money in EUR."""
    values = {
        name: Decimal(value) if isinstance(value, str) and name in (*MONEY, "percent") else value
        for name, value in fields.items()
    }
    if any(name in values for name in MONEY):
        values.setdefault("currency", "EUR")
    called = Called(code, values.pop("name", f"{code.title()} surcharge"), values.pop("name_zh", ""))
    rule = SurchargeRule(kind=kind, **values)
    save_rule(rule, called, by=None)
    return rule
