"""What can be imported: for each kind its columns, and the intake that takes its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db import transaction

from dealers.accounts.intake import DealersIntake, SalesRepsIntake
from dealers.accounts.models import User
from dealers.intake.columns import Column
from dealers.intake.intake import merged
from dealers.intake.rows import Outcome, Parsed, Row, RowState
from fulfilment.allocation.terms_intake import ContractsIntake, ServicesIntake
from fulfilment.allocation.territory_intake import OnlineTermsIntake, TerritoriesIntake
from fulfilment.consumer.intake import ConsumerOrdersIntake
from fulfilment.stock.expected import ExpectedReceiptsIntake
from fulfilment.stock.intake import StockIntake
from fulfilment.stock.outlet_intake import OutletStockIntake
from portal.imports.models import ImportKind
from pricing.catalogue.attributes import Label
from pricing.catalogue.columns import attribute_column
from pricing.catalogue.intake import ProductsIntake
from pricing.catalogue.pictures import Pictures
from pricing.numbers.intake import ItemNumbersIntake
from pricing.promotions.intake import PromotionsIntake
from pricing.selling.intake import AssortmentRulesIntake, QuantityRulesIntake
from pricing.selling.order_intake import FreightRulesIntake, OrderMinimumsIntake
from pricing.terms.intake import PricesIntake, assign_price_lists, take_price_lists
from pricing.terms.lists_intake import ListBuyersIntake, PriceListsIntake


class Taker(Protocol):
    """What an import hands its batches to."""

    def take(self, rows: Sequence[Row]) -> Outcome:
        """Write a batch."""

    def skip(self, rows: Sequence[Row]) -> None:
        """Remember a batch that was written before."""


@dataclass(frozen=True)
class Options:
    """What an import gives beside its rows."""

    labels: Mapping[str, Label]
    pictures: Pictures | None = None
    by: User | None = None


class DealersWithPriceLists(DealersIntake):
    """Dealers, and the price lists they buy by, in one transaction: two rooms' rows from one file."""

    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        wanted, problems = take_price_lists(rows)
        refused = {problem.row for problem in problems}
        outcome = super()._write([row for row in rows if row.number not in refused])
        states = dict(outcome.states)
        numbers = {row.number: row.given["number"] for row in rows if row.number in states}
        firsts = {number: row for row, number in sorted(numbers.items(), reverse=True)}
        with transaction.atomic():
            kept = {number: lists for number, lists in wanted.items() if number in firsts}
            changed = assign_price_lists(kept, by=self._by)
        for number in changed:
            states[firsts[number]] = merged(states[firsts[number]], RowState.CHANGED)
        return Outcome(states, (*problems, *outcome.problems))


COLUMNS: dict[str, tuple[Column, ...]] = {
    ImportKind.PRODUCTS: ProductsIntake.columns,
    ImportKind.STOCK: StockIntake.columns,
    ImportKind.EXPECTED_RECEIPTS: ExpectedReceiptsIntake.columns,
    ImportKind.PRICES: PricesIntake.columns,
    ImportKind.SALES_REPS: SalesRepsIntake.columns,
    ImportKind.DEALERS: DealersIntake.columns,
    ImportKind.QUANTITY_RULES: QuantityRulesIntake.columns,
    ImportKind.ASSORTMENT_RULES: AssortmentRulesIntake.columns,
    ImportKind.ITEM_NUMBERS: ItemNumbersIntake.columns,
    ImportKind.PRICE_LISTS: PriceListsIntake.columns,
    ImportKind.LIST_BUYERS: ListBuyersIntake.columns,
    ImportKind.ORDER_MINIMUMS: OrderMinimumsIntake.columns,
    ImportKind.FREIGHT_RULES: FreightRulesIntake.columns,
    ImportKind.PROMOTIONS: PromotionsIntake.columns,
    ImportKind.OUTLET_STOCK: OutletStockIntake.columns,
    ImportKind.CONSUMER_ORDERS: ConsumerOrdersIntake.columns,
    ImportKind.CONSUMER_CONTRACTS: ContractsIntake.columns,
    ImportKind.OUTLET_SERVICES: ServicesIntake.columns,
    ImportKind.PROTECTED_TERRITORIES: TerritoriesIntake.columns,
    ImportKind.ONLINE_TERMS: OnlineTermsIntake.columns,
}

#: What a file of these kinds would do is shown first, and written when a person agrees.
SHOWN_FIRST: dict[str, Callable[..., Taker]] = {
    ImportKind.PRICE_LISTS: PriceListsIntake,
    ImportKind.LIST_BUYERS: ListBuyersIntake,
    ImportKind.ORDER_MINIMUMS: OrderMinimumsIntake,
    ImportKind.FREIGHT_RULES: FreightRulesIntake,
    ImportKind.PROMOTIONS: PromotionsIntake,
    ImportKind.CONSUMER_ORDERS: ConsumerOrdersIntake,
    ImportKind.CONSUMER_CONTRACTS: ContractsIntake,
    ImportKind.OUTLET_SERVICES: ServicesIntake,
    ImportKind.PROTECTED_TERRITORIES: TerritoriesIntake,
    ImportKind.ONLINE_TERMS: OnlineTermsIntake,
}


def column_named(kind: str, name: str) -> Column | None:
    """A kind's column by its canonical name; products have any number of `attribute:<code>` columns."""
    for column in COLUMNS[kind]:
        if column.name == name:
            return column
    return attribute_column(name) if kind == ImportKind.PRODUCTS else None


def intake_for(kind: str, options: Options) -> Taker:
    """A fresh intake for one file."""
    if kind == ImportKind.PRODUCTS:
        return ProductsIntake(labels=options.labels, pictures=options.pictures)
    if kind == ImportKind.DEALERS:
        return DealersWithPriceLists(by=options.by)
    if kind == ImportKind.QUANTITY_RULES:
        return QuantityRulesIntake(by=options.by)
    if kind == ImportKind.ASSORTMENT_RULES:
        return AssortmentRulesIntake(by=options.by)
    if kind == ImportKind.ITEM_NUMBERS:
        return ItemNumbersIntake(by=options.by)
    if kind == ImportKind.OUTLET_STOCK:
        return OutletStockIntake(by=options.by)
    if kind in SHOWN_FIRST:
        return SHOWN_FIRST[kind](by=options.by)
    takers: dict[str, type[Taker]] = {
        ImportKind.STOCK: StockIntake,
        ImportKind.EXPECTED_RECEIPTS: ExpectedReceiptsIntake,
        ImportKind.PRICES: PricesIntake,
        ImportKind.SALES_REPS: SalesRepsIntake,
    }
    return takers[kind]()
