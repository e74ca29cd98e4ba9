"""What is sold instead of a product: as a file says it, and as the shop follows it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from dealers.intake.rows import Parsed, Problem
from pricing.catalogue.families import Shelf, card_of
from pricing.catalogue.models import ProductCard

Product = get_model("catalogue", "Product")

#: A product replaced more often than this in a row is followed no further.
LONGEST_CHAIN = 10
FOLLOW = """
WITH RECURSIVE chain AS (
    SELECT card.product_id AS old, card.replaced_by_id AS new, 1 AS step
    FROM pricing_catalogue_productcard card
    WHERE card.product_id = ANY(%(ids)s::bigint[]) AND card.replaced_by_id IS NOT NULL
    UNION ALL
    SELECT chain.old, card.replaced_by_id, chain.step + 1
    FROM chain JOIN pricing_catalogue_productcard card ON card.product_id = chain.new
    WHERE card.replaced_by_id IS NOT NULL AND card.replaced_by_id <> chain.old AND chain.step < %(longest)s
)
SELECT old, new FROM chain ORDER BY old, step
"""


def replacements_of(product_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """What replaces each product, nearest first, through those that were replaced in turn. One statement.

    Says nothing about what may be sold to whom: take the first that is in the dealer's assortment. A circle ends
    where it began.
    """
    found: dict[int, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(FOLLOW, {"ids": list(product_ids), "longest": LONGEST_CHAIN})
        for old, new in cursor.fetchall():
            chain = found.setdefault(old, [])
            if new not in chain:
                chain.append(new)
    return {old: tuple(chain) for old, chain in found.items()}


def refuse_replacements(rows: Sequence[Parsed], existing: Collection[str]) -> list[Problem]:
    """Replacements that are the product itself, or no product we have when these rows are in."""
    wanted = {row.given["replaced_by"] for row in rows if row.get("replaced_by")}
    here = {row.given["sku"] for row in rows}
    elsewhere = wanted - here - set(existing)
    known = {*existing, *(Product.objects.filter(upc__in=elsewhere).values_list("upc", flat=True) if elsewhere else ())}
    problems: dict[int, Problem] = {}
    before = -1
    while before < len(problems):
        # A row that is refused brings no new product for another to be replaced by.
        before = len(problems)
        coming = known | {row.given["sku"] for row in rows if row.number not in problems}
        for row in rows:
            sku = row.get("replaced_by")
            if sku and row.number not in problems and (sku == row.given["sku"] or sku not in coming):
                problems[row.number] = Problem(row.number, "replaced_by", _refusal(row, sku))
    return list(problems.values())


def write_replacements(rows: Sequence[Parsed], shelf: Shelf) -> set[int]:
    """Write what replaces what, after the products are there; answers the products that changed."""
    said = {row.given["sku"]: row.given["replaced_by"] for row in rows if "replaced_by" in row.given}
    targets = {sku for sku in said.values() if sku}
    ids: dict[str, int] = {sku: shelf.products[sku].pk for sku in targets if sku in shelf.products}
    if missing := targets - set(ids):
        ids |= dict(Product.objects.filter(upc__in=missing).values_list("upc", "pk"))
    changed: list[Any] = []
    for sku, target in said.items():
        card = card_of(shelf.products[sku])
        new = ids[target] if target else None
        if card.replaced_by_id != new:
            card.replaced_by_id = new
            changed.append(card)
    if changed:
        ProductCard.objects.bulk_update(changed, ["replaced_by"])
    return {card.product_id for card in changed}


def _refusal(row: Parsed, sku: str) -> str:
    if sku == row.given["sku"]:
        return _("A product cannot replace itself. Name another, or leave this empty.")
    return _("There is no product with the SKU %(sku)s. Import it first, or correct the SKU.") % {"sku": sku}
