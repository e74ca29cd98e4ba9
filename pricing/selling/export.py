"""Selling rules in the importer's own columns: taken in again they change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pricing.catalogue.categories import CategoryTree
from pricing.catalogue.families import code_of
from pricing.selling.intake import AssortmentRulesIntake, QuantityRulesIntake, RulesIntake
from pricing.selling.models import RuleKind
from pricing.selling.order_intake import FreightRulesIntake, OrderMinimumsIntake

INTAKES: dict[str, type[RulesIntake]] = {
    RuleKind.ASSORTMENT: AssortmentRulesIntake,
    RuleKind.QUANTITY: QuantityRulesIntake,
    RuleKind.MINIMUM: OrderMinimumsIntake,
    RuleKind.FREIGHT: FreightRulesIntake,
}


def exported(kind: str, rules: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Rules of a kind, as `pricing.selling.write.with_names` gives them, a row each. One statement for categories."""
    names = [column.name for column in INTAKES[kind].columns]
    tree = CategoryTree()
    for rule in rules:
        yield tuple(_cell(rule, name, tree) for name in names)


def _cell(rule: Any, name: str, tree: CategoryTree) -> Any:
    if name == "dealer":
        return rule.dealer.number if rule.dealer else ""
    if name == "dealer_group":
        return rule.group.code if rule.group else ""
    if name == "sku":
        return code_of(rule.product) if rule.product else ""
    if name == "category":
        return " > ".join(tree.paths.get(rule.category_id or 0, ()))
    return "" if name == "remove" else getattr(rule, name)
