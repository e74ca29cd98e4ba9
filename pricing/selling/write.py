"""Writing selling rules. Every change leaves a row that says who, when, from what and to what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from dealers.accounts.models import User
from pricing.catalogue.categories import CategoryTree
from pricing.catalogue.families import code_of
from pricing.selling.inforce import forget
from pricing.selling.models import (
    RULES,
    WHOLE_ORDERS,
    AssortmentRule,
    FreightRule,
    OrderMinimum,
    QuantityRule,
    RuleKind,
    SellingChange,
)
from pricing.selling.rules import contradicts

Rule = AssortmentRule | QuantityRule | OrderMinimum | FreightRule

#: The columns of each kind that say for whom and about what it is: a rule is found again by them.
PLACE: dict[str, tuple[str, ...]] = {
    RuleKind.ASSORTMENT: ("dealer", "group", "product", "category", "brand", "valid_from"),
    RuleKind.QUANTITY: ("dealer", "group", "product", "category", "brand", "valid_from"),
    RuleKind.MINIMUM: ("dealer", "group", "currency"),
    RuleKind.FREIGHT: ("dealer", "group", "currency", "valid_from"),
}
#: And those that say what holds.
VALUES: dict[str, tuple[str, ...]] = {
    RuleKind.ASSORTMENT: ("effect", "valid_to"),
    RuleKind.QUANTITY: ("minimum", "multiple", "maximum", "valid_to"),
    RuleKind.MINIMUM: ("amount", "mode"),
    RuleKind.FREIGHT: ("charge", "free_from", "valid_to"),
}
RELATED = {"dealer": "number", "group": "code"}


class RuleRefused(Exception):
    """A rule that cannot be kept; nothing was written. `field` is where the mend belongs."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def kind_of(rule: Rule) -> str:
    """Which kind of rule this is."""
    return next(kind for kind, model in RULES.items() if isinstance(rule, model))


def with_names(kind: str) -> models.QuerySet[Any]:
    """The rules of a kind with what `as_stored` and lists read."""
    rules: models.QuerySet[Any] = RULES[kind].objects.select_related("dealer", "group")
    return rules if kind in WHOLE_ORDERS else rules.select_related("product__card", "category__card")


def last_change(kind: str, pk: int) -> int:
    """What a form remembers of a rule, to notice that somebody else came first; 0 when it never changed."""
    return SellingChange.objects.filter(kind=kind, rule=pk).values_list("pk", flat=True).first() or 0


def save_rule(rule: Rule, *, by: User | None, seen: int | None = None) -> SellingChange | None:
    """Write a new or changed rule with its record; the same again changes nothing (None).

    Refuses a rule whose own fields leave no quantity, a second one for the same place, one that was removed meanwhile,
    and, with `seen` (`last_change` as the editor read it), one that somebody else changed since.
    """
    kind = kind_of(rule)
    if isinstance(rule, QuantityRule) and contradicts(rule.minimum, rule.multiple, rule.maximum):
        raise RuleRefused(nothing_left(), "maximum")
    try:
        with transaction.atomic():
            before = _locked(kind, rule.pk, seen) if rule.pk else None
            tree = CategoryTree()
            old, new = as_stored(before, tree) if before else {}, as_stored(rule, tree)
            if old == new:
                return None
            rule.save()
            change = SellingChange.objects.create(**_change(kind, rule.pk, old, new, by))
    except IntegrityError as why:
        raise RuleRefused(_("There is such a rule already. Change that one instead.")) from why
    forget()
    return change


def _locked(kind: str, pk: int, seen: int | None) -> Any:
    before = with_names(kind).select_for_update(of=("self",)).filter(pk=pk).first()
    if before is None:
        raise RuleRefused(_("This rule was removed while you had the page open. Make a new one."))
    last = SellingChange.objects.filter(kind=kind, rule=pk).first()
    if seen is not None and last is not None and last.pk != seen:
        message = _("%(who)s changed this rule while you had the page open. Check the values and save again.")
        raise RuleRefused(message % {"who": last.by_name or _("An import")})
    return before


def remove_rules(kind: str, pks: Iterable[int], *, by: User | None) -> int:
    """Take rules away and record it. Those that are gone already do not count. Constant number of statements."""
    with transaction.atomic():
        rules = list(with_names(kind).select_for_update(of=("self",)).filter(pk__in=list(pks)))
        tree = CategoryTree()
        record(kind, [(rule, as_stored(rule, tree), {}) for rule in rules], by=by)
        RULES[kind].objects.filter(pk__in=[rule.pk for rule in rules]).delete()
    forget()
    return len(rules)


def record(kind: str, changes: Sequence[tuple[Rule, Mapping[str, str], Mapping[str, str]]], *, by: User | None) -> None:
    """Keep who changed what, for any number of rules (each with how it was and how it is) in one statement."""
    SellingChange.objects.bulk_create(
        SellingChange(**_change(kind, rule.pk, old, new, by)) for rule, old, new in changes
    )


def nothing_left() -> str:
    """What a rule is told that allows no quantity at all."""
    return _("No quantity is left between this minimum, multiple and maximum. Raise the maximum or lower the others.")


def as_stored(rule: Rule, tree: CategoryTree) -> dict[str, str]:
    """The rule as the record keeps it: codes and plain numbers, empty fields left out."""
    kind = kind_of(rule)
    said = {}
    for name in (*PLACE[kind], *VALUES[kind]):
        if name == "category":
            path = tree.paths.get(getattr(rule, "category_id", None) or 0, ())
            said[name] = " > ".join(path)
        elif name == "product":
            product = getattr(rule, "product", None)
            said[name] = code_of(product) if product else ""
        else:
            value = getattr(rule, name)
            said[name] = _plain(getattr(value, RELATED[name], "") if name in RELATED else value)
    return {name: text for name, text in said.items() if text}


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.quantize(Decimal('0.01')):f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _change(kind: str, pk: int, old: Mapping[str, str], new: Mapping[str, str], by: User | None) -> dict[str, Any]:
    return {
        "kind": kind,
        "rule": pk,
        "dealer_number": (new or old).get("dealer", ""),
        "by": by,
        "by_name": by.get_full_name() if by else "",
        "old": dict(old),
        "new": dict(new),
    }
