"""Taking in the rules that are about orders as a whole: order minimums and freight."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dealers.intake.columns import Choice, Column, Currency, Number
from dealers.intake.rows import Parsed, Problem
from pricing.selling.intake import DAYS, FOR_WHOM, REMOVE, Known, RulesIntake
from pricing.selling.models import MinimumMode, RuleKind
from pricing.selling.write import PLACE

t = gettext_lazy
MOST = 999_999_999_999
CURRENCY: Column = Currency("currency", t("Currency"), required=True, also=("币种", "货币"), example="CNY")
MODES = {
    "refuse": MinimumMode.REFUSE, "refused": MinimumMode.REFUSE, "拒绝": MinimumMode.REFUSE,
    "warn": MinimumMode.WARN, "warned": MinimumMode.WARN, "提醒": MinimumMode.WARN,
}  # fmt: skip


class _OrderRulesIntake(RulesIntake):
    """Rules for a dealer, a group or everybody, in one currency."""

    def key_of(self, row: Parsed) -> tuple[Hashable, ...]:
        """For whom, in which currency, and from when."""
        return tuple(row.get(name) for name in self.key)

    def unknown(self, row: Parsed, known: Known) -> Problem | None:
        """A dealer or group that is not there, and for one dealer another currency than its own."""
        dealer = known.dealers.get(row.get("dealer", ""))
        if dealer is None or dealer.currency == row.get("currency"):
            return super().unknown(row, known)
        message = _("The dealer buys in %(currency)s: the rule would never hold.") % {"currency": dealer.currency}
        return Problem(row.number, "currency", message)

    def place_of(self, row: Parsed, known: Known) -> dict[str, Any]:
        """Scope, currency, and for what is dated the first day."""
        named = {
            "dealer": known.dealers.get(row.get("dealer", "")),
            "group": known.groups.get(row.get("dealer_group", "")),
            "currency": row.get("currency"),
            "valid_from": row.get("valid_from"),
        }
        return {name: named[name] for name in PLACE[self.kind]}

    def values_of(self, row: Parsed) -> dict[str, Any]:
        """An empty cell of a word leaves the word alone."""
        return {name: value for name, value in super().values_of(row).items() if name != "mode" or value}


class OrderMinimumsIntake(_OrderRulesIntake):
    """The least an order must come to before tax, and whether one below it is refused or warned of."""

    name = "order_minimums"
    kind = RuleKind.MINIMUM
    key = ("dealer", "dealer_group", "currency")
    columns = (
        *FOR_WHOM,
        CURRENCY,
        Number("amount", t("Order minimum"), required=True, places=2, minimum=0, maximum=MOST, example="2000.00",
               also=("minimum", "order minimum", "minimum order value", "起订金额", "最低订单金额")),
        Choice("mode", t("Below it"), words=MODES, example="refuse", also=("below it", "低于时")),
        REMOVE,
    )  # fmt: skip


class FreightRulesIntake(_OrderRulesIntake):
    """What is charged for sending an order, before tax, and from which value of goods on nothing is."""

    name = "freight_rules"
    kind = RuleKind.FREIGHT
    key = ("dealer", "dealer_group", "currency", "valid_from")
    columns = (
        *FOR_WHOM,
        CURRENCY,
        Number("charge", t("Freight"), required=True, places=2, minimum=0, maximum=MOST, example="80.00",
               also=("freight", "shipping", "运费")),
        Number("free_from", t("Free from"), places=2, minimum=0, above_minimum=True, maximum=MOST, example="5000.00",
               also=("free shipping from", "free from", "包邮金额", "免运费起")),
        *DAYS,
        REMOVE,
    )  # fmt: skip
