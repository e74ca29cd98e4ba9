"""Which rules hold for a dealer on a day: asked once, remembered with the dealer that was read for a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from django.db import connection

from dealers.accounts.models import Dealer
from pricing.selling.models import AssortmentRule, Effect, QuantityRule
from pricing.selling.rules import AssortmentRow, Level, Scope

#: `r` is a rule's table: whether it is for the dealer, and whether it holds on the day.
MINE = """
(r.dealer_id = %(dealer)s OR r.group_id = %(group)s OR (r.dealer_id IS NULL AND r.group_id IS NULL))
AND (r.valid_from IS NULL OR r.valid_from <= %(day)s) AND (r.valid_to IS NULL OR r.valid_to >= %(day)s)
"""
#: How near `r` is: `Scope` as SQL.
SCOPE = "CASE WHEN r.dealer_id IS NOT NULL THEN 0 WHEN r.group_id IS NOT NULL THEN 1 ELSE 2 END"

# Rules for single products, and those for models, are only counted by scope and effect: there may be very many, and
# they stay in the database.
HOLDING = """
SELECT 0, {SCOPE}, r.effect, r.id, r.brand, coalesce(c.depth, 0),
       ARRAY(SELECT below.id FROM catalogue_category below WHERE below.path LIKE c.path || '%%')
FROM pricing_selling_assortmentrule r LEFT JOIN catalogue_category c ON c.id = r.category_id
WHERE r.product_id IS NULL AND {MINE}
UNION ALL
SELECT CASE WHEN g.structure = 'parent' THEN 3 ELSE 1 END, {SCOPE}, r.effect, min(r.id), '', 0, NULL
FROM pricing_selling_assortmentrule r JOIN catalogue_product g ON g.id = r.product_id
WHERE r.product_id IS NOT NULL AND {MINE}
GROUP BY 1, 2, 3
UNION ALL
SELECT 2, 0, '', 0, '', 0, NULL
WHERE EXISTS (SELECT FROM pricing_selling_quantityrule r WHERE {MINE})
""".replace("{SCOPE}", SCOPE).replace("{MINE}", MINE)
_generation = count(1)
_written = 0
_REMEMBERED = "_selling_rules_in_force"


@dataclass(frozen=True)
class InForce:
    """The rules that hold for a dealer on a day.

    `assortment` has all rules but those for single products and for models; of these one row each stands for all of a
    scope and effect.
    `brands` and `categories` (a category with all below it) say by rule what it is about.
    """

    assortment: tuple[AssortmentRow, ...]
    brands: Mapping[int, str]
    categories: Mapping[int, tuple[int, ...]]
    has_quantities: bool

    @property
    def some_allow(self) -> bool:
        """Whether something is allowed by name, so that everything else is hidden."""
        return any(row.allows for row in self.assortment)


def scope_of(dealer: Dealer, day: date) -> dict[str, Any]:
    """The values that `MINE` asks for."""
    return {"dealer": dealer.pk, "group": dealer.group_id, "day": day}


def in_force(dealer: Dealer, day: date) -> InForce:
    """The rules that hold for a dealer on a day: one statement the first time this object is asked about, then none.

    A dealer is read anew by every request, so nobody acts on rules older than the request. Rules that this process
    writes itself are seen at once.
    """
    remembered: dict[tuple[date, int], InForce] = dealer.__dict__.setdefault(_REMEMBERED, {})
    key = (day, _written)
    if key not in remembered:
        remembered.clear()
        remembered[key] = _read(dealer, day)
    return remembered[key]


def forget() -> None:
    """Rules were written: whoever asks next reads them anew."""
    global _written
    _written = next(_generation)


def forget_on_write(sender: type[Any], **_kwargs: Any) -> None:
    """For the signals of saving and deleting."""
    if sender in (AssortmentRule, QuantityRule):
        forget()


def _read(dealer: Dealer, day: date) -> InForce:
    with connection.cursor() as cursor:
        cursor.execute(HOLDING, scope_of(dealer, day))
        rows = cursor.fetchall()
    assortment, brands, categories = [], {}, {}
    for kind, scope, effect, rule, brand, depth, below in rows:
        if kind == 2:
            continue
        if kind:
            level = Level.MODEL if kind == 3 else Level.PRODUCT
        else:
            level = Level.CATEGORY if depth else Level.BRAND if brand else Level.EVERYTHING
        assortment.append(AssortmentRow(rule, Scope(scope), level, effect == Effect.ALLOW, depth))
        if level == Level.BRAND:
            brands[rule] = brand
        elif level == Level.CATEGORY:
            categories[rule] = tuple(below)
    return InForce(tuple(assortment), brands, categories, any(row[0] == 2 for row in rows))
