"""Surcharges in a few words, the same in shop and console."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from portal.components.formats import format_amount, format_quantity
from pricing.catalogue.models import reads_chinese
from pricing.surcharges.models import SurchargeRule
from pricing.surcharges.rules import Charge, Levy, LineCharge

#: A stored rule, or one that holds in a quote: they say the same.
Says = SurchargeRule | Levy


@dataclass(frozen=True)
class SurchargeShown:
    """A surcharge as a dealer sees it beside an amount: its name, what it is counted by, and what it comes to.

    `missing` is what the goods lack so that a small order's is not charged.
    """

    code: str
    name: str
    words: str
    amount: Decimal
    missing: Decimal | None = None


def surcharge_words(rule: Says, currency: str) -> str:
    """What a surcharge is counted by: “3 %”, “0.25 EUR each”, “25.00 EUR on orders below 500.00 EUR”."""
    percent = format_quantity(rule.percent) if rule.percent is not None else ""
    rate = _("%(percent)s %%") % {"percent": percent} if percent else f"{format_amount(rule.amount)} {currency}"
    if not (rule.percent or rule.amount):
        return _("not charged")
    if rule.kind == "piece":
        return _("%(rate)s each") % {"rate": rate}
    if rule.kind == "order":
        return _("%(rate)s an order") % {"rate": rate}
    if rule.kind == "small":
        words = {"rate": rate, "below": format_amount(rule.below), "currency": currency}
        return _("%(rate)s on orders below %(below)s %(currency)s") % words
    return rate


def line_surcharges(charges: Iterable[LineCharge], currency: str) -> tuple[SurchargeShown, ...]:
    """What comes on top of a line."""
    return tuple(
        SurchargeShown(levy.code, _name(levy), surcharge_words(levy, currency), amount) for levy, amount in charges
    )


def order_surcharges(charges: Iterable[Charge]) -> tuple[SurchargeShown, ...]:
    """What comes on top of an order, by code."""
    return tuple(SurchargeShown(each.code, _name(each), "", each.net, each.missing) for each in charges)


def _name(one: Levy | Charge) -> str:
    return one.name_zh if one.name_zh and reads_chinese() else one.name
