"""Writing the rules of surcharges: every change is checked, recorded with who made it, and holds from the next page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from dealers.accounts.models import User
from pricing.catalogue.categories import CategoryTree
from pricing.catalogue.families import code_of
from pricing.surcharges.models import Surcharge, SurchargeChange, SurchargeRule

#: The rule's own columns, as the record keeps them.
COLUMNS = (
    "kind",
    "percent",
    "amount",
    "below",
    "currency",
    "dealer",
    "group",
    "product",
    "category",
    "brand",
    "valid_from",
    "valid_to",
    "is_active",
)
RELATED = {"dealer": "number", "group": "code"}


class SurchargeRefused(Exception):
    """A rule that cannot be kept; nothing was written. `field` is where the mend belongs."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Called(NamedTuple):
    """What a surcharge is called. All rules of one code share its names."""

    code: str
    name: str
    name_zh: str = ""


def with_names() -> models.QuerySet[SurchargeRule]:
    """The rules with what lists and the record read of them."""
    return SurchargeRule.objects.select_related("surcharge", "dealer", "group", "product__card", "category__card")


def last_change(pk: int) -> int:
    """What a form remembers of a rule, to notice that somebody else came first; 0 when it never changed."""
    return SurchargeChange.objects.filter(rule=pk).values_list("pk", flat=True).first() or 0


def save_rule(
    rule: SurchargeRule, called: Called, *, by: User | None, seen: int | None = None
) -> SurchargeChange | None:
    """Write a new or changed rule with its record; the same again changes nothing (None).

    The names of the surcharge become those given, for all its rules. Refuses a second rule in use for the same place,
    and, with `seen` (`last_change` as the editor read it), one that somebody else changed since.
    """
    try:
        with transaction.atomic():
            before = _locked(rule.pk, seen) if rule.pk else None
            known = Surcharge.objects.select_for_update().filter(code__iexact=called.code).first()
            called = called._replace(code=known.code) if known else called
            tree = CategoryTree()
            old = as_stored(before, _called(before.surcharge), tree) if before else {}
            new = as_stored(rule, called, tree)
            if old == new:
                return None
            rule.surcharge = _named(known, called, rule, by)
            rule.save()
            return _record(rule.pk, old, new, by)
    except IntegrityError as why:
        raise SurchargeRefused(_("There is such a rule of this surcharge already. Change that one instead.")) from why


def end_rule(pk: int, *, by: User | None) -> bool:
    """Take a rule out of use at once; orders that were placed keep what they were charged. Whether it was in use."""
    with transaction.atomic():
        rule = with_names().select_for_update(of=("self",)).get(pk=pk)
        if not rule.is_active:
            return False
        tree, called = CategoryTree(), _called(rule.surcharge)
        old = as_stored(rule, called, tree)
        rule.is_active = False
        rule.save(update_fields=["is_active"])
        _record(pk, old, as_stored(rule, called, tree), by)
        return True


def as_stored(rule: SurchargeRule, called: Called, tree: CategoryTree) -> dict[str, str]:
    """The rule as the record keeps it: codes and plain numbers, empty fields left out."""
    said: dict[str, str] = dict(called._asdict())
    for name in COLUMNS:
        if name == "category":
            said[name] = " > ".join(tree.paths.get(rule.category_id or 0, ()))
        else:
            value = getattr(rule, name)
            if name == "product" and value is not None:
                value = code_of(value)
            said[name] = _plain(getattr(value, RELATED[name], "") if name in RELATED else value)
    return {name: text for name, text in said.items() if text}


def _plain(value: Any) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _called(surcharge: Surcharge) -> Called:
    return Called(surcharge.code, surcharge.name, surcharge.name_zh)


def _locked(pk: int, seen: int | None) -> SurchargeRule:
    before = with_names().select_for_update(of=("self",)).get(pk=pk)
    last = SurchargeChange.objects.filter(rule=pk).first()
    if seen is not None and last is not None and last.pk != seen:
        message = _("%(who)s changed this rule while you had the page open. Check the values and save again.")
        raise SurchargeRefused(message % {"who": last.by_name or _("An import")})
    return before


def _named(known: Surcharge | None, called: Called, rule: SurchargeRule, by: User | None) -> Surcharge:
    """The surcharge with these names. A new name is recorded with each of its other rules too."""
    if known is None:
        return Surcharge.objects.create(**called._asdict())
    if _called(known) != called:
        names = ("name", "name_zh")
        old = {name: getattr(known, name) for name in names if getattr(known, name)}
        new = {name: getattr(called, name) for name in names if getattr(called, name)}
        others = SurchargeRule.objects.filter(surcharge=known).exclude(pk=rule.pk).values_list("pk", flat=True)
        SurchargeChange.objects.bulk_create(_change(pk, old, new, by) for pk in others)
        known.name, known.name_zh = called.name, called.name_zh
        known.save(update_fields=names)
    return known


def _change(pk: int, old: Mapping[str, str], new: Mapping[str, str], by: User | None) -> SurchargeChange:
    name = by.get_full_name() if by else ""
    return SurchargeChange(rule=pk, by=by, by_name=name, old=dict(old), new=dict(new))


def _record(pk: int, old: Mapping[str, str], new: Mapping[str, str], by: User | None) -> SurchargeChange:
    change = _change(pk, old, new, by)
    change.save()
    return change
