"""Selling rules in words: for whom, about what, what holds, when, and what was changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from oscar.core.loading import get_model

from portal.components.formats import format_amount
from pricing.catalogue.models import reads_chinese
from pricing.selling.models import (
    RULES,
    AssortmentRule,
    Effect,
    FreightRule,
    MinimumMode,
    OrderMinimum,
    SellingChange,
    TargetedRule,
)

Category = get_model("catalogue", "Category")

CURRENT, FUTURE, EXPIRED = "current", "future", "expired"
STATES: dict[str, tuple[Any, str]] = {
    CURRENT: (gettext_lazy("In force"), "good"),
    FUTURE: (gettext_lazy("Future"), "progress"),
    EXPIRED: (gettext_lazy("Expired"), "neutral"),
}


@dataclass(frozen=True)
class RuleRow:
    """A rule as lists and explanations show it."""

    rule: Any
    whom: str
    whom_note: str
    whom_url: str
    about: str
    about_note: str
    what: str
    effect: str
    state: str
    state_kind: str
    url: str


def category_paths() -> dict[int, str]:
    """Every category as "Cookware > Pans", in the reader's language. One statement."""
    named: dict[str, str] = {}
    paths: dict[int, str] = {}
    for category in Category.objects.select_related("card").order_by("path"):
        card = getattr(category, "card", None)
        name = (reads_chinese() and card and card.name_zh) or category.name
        above = named.get(category.path[: -Category.steplen])
        named[category.path] = paths[category.pk] = f"{above} > {name}" if above else name
    return paths


def rows_of(kind: str, rules: Iterable[Any], today: date, paths: Mapping[int, str]) -> list[RuleRow]:
    """Rules (as `pricing.selling.write.with_names` gives them) in words; no statement."""
    return [row_of(kind, rule, today, paths) for rule in rules]


def row_of(kind: str, rule: Any, today: date, paths: Mapping[int, str]) -> RuleRow:
    """One rule in words."""
    whom, whom_note, whom_url = whom_of(rule)
    about, about_note = about_of(rule, paths) if isinstance(rule, TargetedRule) else ("", "")
    word, state_kind = STATES[state_of(rule, today)]
    return RuleRow(
        rule=rule,
        whom=whom,
        whom_note=whom_note,
        whom_url=whom_url,
        about=about,
        about_note=about_note,
        what=what_of(rule),
        effect=getattr(rule, "effect", ""),
        state=str(word),
        state_kind=state_kind,
        url=reverse("console:selling_rule", args=[kind, rule.pk]),
    )


def state_of(rule: Any, today: date) -> str:
    """Whether a rule holds today; an order minimum always does."""
    if getattr(rule, "valid_from", None) and rule.valid_from > today:
        return FUTURE
    return EXPIRED if getattr(rule, "valid_to", None) and rule.valid_to < today else CURRENT


def what_of(rule: Any) -> str:
    """What a rule says."""
    if isinstance(rule, AssortmentRule):
        return str(Effect(rule.effect).label)
    if isinstance(rule, OrderMinimum):
        if not rule.amount:
            return _("no order minimum in %(currency)s") % {"currency": rule.currency}
        words = {"amount": format_amount(rule.amount), "currency": rule.currency}
        if rule.mode == MinimumMode.REFUSE:
            return _("orders below %(amount)s %(currency)s are refused") % words
        return _("orders below %(amount)s %(currency)s are warned of") % words
    if isinstance(rule, FreightRule):
        return _freight(rule)
    parts = []
    if rule.minimum:
        parts.append(_("at least %(quantity)s") % {"quantity": f"{rule.minimum:,}"})
    if rule.multiple:
        parts.append(_("in packs of %(quantity)s") % {"quantity": f"{rule.multiple:,}"})
    if rule.maximum:
        parts.append(_("at most %(quantity)s an order") % {"quantity": f"{rule.maximum:,}"})
    return ", ".join(parts)


def _freight(rule: FreightRule) -> str:
    if not rule.charge:
        return _("no freight in %(currency)s") % {"currency": rule.currency}
    words = {"charge": format_amount(rule.charge), "currency": rule.currency, "free": format_amount(rule.free_from)}
    if rule.free_from is None:
        return _("%(charge)s %(currency)s an order") % words
    return _("%(charge)s %(currency)s an order, free from %(free)s %(currency)s") % words


def described(kind: str, changes: Iterable[SellingChange]) -> list[dict[str, Any]]:
    """Changes of a rule, a row for each field that differs."""
    return [
        {
            "change": change,
            "field": _field(kind, name),
            "old": change.old.get(name, ""),
            "new": change.new.get(name, ""),
        }
        for change in changes
        for name in dict.fromkeys([*change.old, *change.new])
        if change.old.get(name) != change.new.get(name)
    ]


def _field(kind: str, name: str) -> str:
    word = str(getattr(RULES[kind]._meta.get_field(name), "verbose_name", name))
    return word[:1].upper() + word[1:]


def whom_of(rule: Any) -> tuple[str, str, str]:
    """For whom a rule is, a note on it, and the dealer's page."""
    if rule.dealer:
        return rule.dealer.display_name, rule.dealer.number, reverse("console:dealer", args=[rule.dealer.number])
    if rule.group:
        return rule.group.display_name, _("dealer group %(code)s") % {"code": rule.group.code}, ""
    return _("Everybody"), "", ""


def about_of(rule: TargetedRule, paths: Mapping[int, str]) -> tuple[str, str]:
    """What a rule is about, and a note on it."""
    if rule.product:
        card = getattr(rule.product, "card", None)
        name = (reads_chinese() and card and card.name_zh) or rule.product.get_title()
        if rule.product.upc:
            return name, rule.product.upc
        return name, _("model %(code)s with all its variants") % {"code": card.model_code if card else ""}
    if rule.category_id:
        return paths.get(rule.category_id, ""), _("category with all below it")
    return (rule.brand, _("brand")) if rule.brand else (_("Everything"), "")
