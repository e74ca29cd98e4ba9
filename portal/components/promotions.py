"""Promotions in a few words, the same in shop and console."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from portal.components.formats import format_amount, format_quantity
from pricing.catalogue.models import reads_chinese
from pricing.promotions.models import Promotion, PromotionUse
from pricing.promotions.rules import Deal, Hint

#: A stored promotion, or one that holds in a quote: they say the same.
Says = Promotion | Deal


def promotion_words(deal: Says, currency: str) -> str:
    """What a promotion does: “10 % off”, “12 + 1 free”."""
    percent = format_quantity(deal.percent) if deal.percent is not None else ""
    if deal.kind == "percent":
        return _("%(percent)s %% off") % {"percent": percent}
    if deal.kind == "amount":
        return _("%(amount)s %(currency)s off each") % {"amount": format_amount(deal.amount), "currency": currency}
    if deal.kind == "free":
        return _("%(buy)s + %(free)s free") % {"buy": format_quantity(deal.buy), "free": format_quantity(deal.free)}
    if deal.kind == "bundle":
        words = {"percent": percent, "least": format_quantity(deal.minimum_quantity)}
        return _("%(percent)s %% off from %(least)s together") % words
    return _order_words(deal, percent, currency)


def _order_words(deal: Says, percent: str, currency: str) -> str:
    off = _("%(percent)s %%") % {"percent": percent} if percent else f"{format_amount(deal.amount)} {currency}"
    least: Decimal = deal.minimum_value or Decimal(0)
    if not least:
        return _("%(off)s off the order") % {"off": off}
    words = {"off": off, "least": format_amount(least), "currency": currency}
    return _("%(off)s off orders from %(least)s %(currency)s") % words


@dataclass(frozen=True)
class PromotionShown:
    """A promotion as a dealer sees it: what it does, what it is called, and its last day."""

    code: str
    name: str
    words: str
    until: date | None


def promotions_shown(deals: Iterable[Deal], currency: str) -> tuple[PromotionShown, ...]:
    """Promotions as a dealer sees them, in their order."""
    return tuple(
        PromotionShown(deal.code, promotion_name(deal), promotion_words(deal, currency), deal.valid_to)
        for deal in deals
    )


def promotion_names(codes: Iterable[str]) -> dict[str, str]:
    """The names of promotions by code, in the reader's language. One statement, none without codes."""
    wanted = {code for code in codes if code}
    if not wanted:
        return {}
    return {found.code: found.display_name for found in Promotion.objects.filter(code__in=wanted)}


@dataclass(frozen=True)
class PromotionTaken:
    """What a promotion took off an order, before tax in the order's currency."""

    code: str
    name: str
    amount: Decimal


def promotions_taken(order_number: str) -> list[PromotionTaken]:
    """What promotions took off an order, the most first, with their names in the reader's language. One statement."""
    uses = PromotionUse.objects.filter(order_number=order_number).select_related("promotion")
    return [
        PromotionTaken(use.promotion.code, use.promotion.display_name, use.amount)
        for use in uses.order_by("-amount", "promotion__code")
    ]


def hint_words(hint: Hint | None) -> str:
    """What a little more brings: “Add 3 more for 10 % off”; empty without a hint."""
    if hint is None:
        return ""
    deal, more = hint
    if deal.kind == "bundle":
        words = {"more": format_quantity(more), "percent": format_quantity(deal.percent)}
        return _("Add %(more)s more for %(percent)s %% off") % words
    words = {"more": format_quantity(more), "free": format_quantity(deal.free)}
    return _("Add %(more)s more: %(free)s of them free") % words


def promotion_name(deal: Says) -> str:
    """The promotion's name in the reader's language."""
    return str((reads_chinese() and deal.name_zh) or deal.name)
