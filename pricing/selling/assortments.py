"""What a dealer may see, as a condition of the database: no product is ever looked at in Python."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from pricing.selling.inforce import InForce, in_force
from pricing.selling.models import AssortmentRule, Effect
from pricing.selling.rules import AssortmentRow, Level, Scope, Step, steps

ProductCategory = get_model("catalogue", "ProductCategory")

Condition = Q | Exists
BRAND = "selling_brand"
OWN_BRAND: Coalesce = Coalesce(
    NullIf(F("card__brand"), Value("")), F("parent__card__brand"), Value(""), output_field=CharField()
)
#: The product whose categories count: a variant is where its model is.
OWNER: Coalesce = Coalesce(OuterRef("parent_id"), OuterRef("pk"))


def restrict(products: QuerySet[Any], dealer: Dealer, day: date) -> QuerySet[Any]:
    """Only those of the products (an ordinary queryset of them) that the assortment rules let the dealer see on a day.

    The queryset is returned as it is when no rule holds for the dealer. Precedence: see `pricing.selling.rules`.
    """
    holding = in_force(dealer, day)
    if not holding.assortment:
        return products
    asked = steps(holding.assortment)
    if any(row.level == Level.BRAND for step in asked for row in step.rows):
        products = products.alias(**{BRAND: OWN_BRAND})
    otherwise = not holding.some_allow
    if asked and any(row.level == Level.EVERYTHING for row in asked[-1].rows):
        otherwise = asked.pop().allows
    while asked and not asked[0].allows:
        # Denials on top become conditions of their own, which the planner can turn into joins.
        for condition in _conditions(asked.pop(0), holding, dealer, day):
            products = products.filter(~condition)
    visible = _folded([(step.allows, _conditions(step, holding, dealer, day)) for step in asked], otherwise)
    if isinstance(visible, Q):
        return products.filter(visible)
    return products if visible else products.none()


def _folded(asked: Sequence[tuple[bool, Sequence[Condition]]], otherwise: bool) -> Q | bool:
    """ "The first that matches decides, else `otherwise`" as one condition."""
    visible: Q | bool = otherwise
    for allows, conditions in reversed(asked):
        matches = reduce(or_, (Q(condition) for condition in conditions))
        if allows:
            visible = matches | visible if isinstance(visible, Q) else visible or matches
        else:
            visible = ~matches & visible if isinstance(visible, Q) else visible and ~matches
    return visible


def _conditions(step: Step, holding: InForce, dealer: Dealer, day: date) -> list[Condition]:
    """The ways in which a product matches the rules of a step; a rule for everything is not asked here."""
    found: list[Condition] = []
    brands = [holding.brands[row.rule] for row in step.rows if row.level == Level.BRAND]
    if brands:
        found.append(Q(**{f"{BRAND}__in": brands}))
    categories = {pk for row in step.rows if row.level == Level.CATEGORY for pk in holding.categories[row.rule]}
    if categories:
        found.append(Exists(ProductCategory.objects.filter(product_id=OWNER, category_id__in=sorted(categories))))
    found += [_named(row, dealer, day) for row in step.rows if row.level in (Level.PRODUCT, Level.MODEL)]
    return found


def _named(row: AssortmentRow, dealer: Dealer, day: date) -> Exists:
    """That a rule of the row's scope and effect names the product itself, or its model."""
    rules = AssortmentRule.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=day),
        Q(valid_to__isnull=True) | Q(valid_to__gte=day),
        effect=Effect.ALLOW if row.allows else Effect.DENY,
        product_id=OuterRef("parent_id" if row.level == Level.MODEL else "pk"),
    )
    if row.scope == Scope.DEALER:
        return Exists(rules.filter(dealer=dealer, group__isnull=True))
    if row.scope == Scope.GROUP:
        return Exists(rules.filter(dealer__isnull=True, group=dealer.group_id))
    return Exists(rules.filter(dealer__isnull=True, group__isnull=True))
