"""Promotions in the importer's own columns: taken in again they change nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from dealers.accounts.models import Dealer
from pricing.catalogue.categories import CategoryTree
from pricing.catalogue.families import code_of
from pricing.promotions.intake import PromotionsIntake, with_reach
from pricing.promotions.models import Promotion
from pricing.promotions.write import Reach


def exported(promotions: Sequence[Promotion], dealers: QuerySet[Dealer] | None = None) -> Iterator[tuple[Any, ...]]:
    """A row each. Four statements for any number. With `dealers`, no others are named."""
    mine = None if dealers is None else set(dealers.values_list("pk", flat=True))
    names = [column.name for column in PromotionsIntake.columns]
    tree = CategoryTree()
    for found, reach in with_reach(promotions):
        shown = [each for each in reach.dealers if mine is None or each.pk in mine]
        said = _reach(replace(reach, dealers=shown), tree) | {"in_use": found.is_active}
        yield tuple(said[name] if name in said else getattr(found, name) for name in names)


def _reach(reach: Reach, tree: CategoryTree) -> dict[str, Any]:
    return {
        "dealers": "; ".join(dealer.number for dealer in reach.dealers),
        "dealer_groups": "; ".join(group.code for group in reach.groups),
        "skus": "; ".join(code_of(product) for product in reach.products),
        "categories": "; ".join(" > ".join(tree.paths.get(pk, ())) for pk in reach.categories),
        "brands": "; ".join(reach.brands),
    }
