"""How what a dealer keeps of a consumer order adds up, from the settlement that its offer was made with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from django.utils.translation import gettext as _

from fulfilment.allocation.minor import to_money
from fulfilment.allocation.models import Offer, OfferLine
from fulfilment.allocation.record import from_plain
from pricing.margins.amounts import net
from pricing.margins.settle import Settlement
from pricing.margins.terms import Model

NOTHING = (0, 0)


@dataclass(frozen=True)
class MoneyRow:
    """One part of the sum: what it is, as it is paid (tax included), and what of it counts, net of tax."""

    label: str
    gross: Decimal
    net: Decimal
    note: str = ""


@dataclass(frozen=True)
class Keeps:
    """What the dealer keeps against what is protected, both net of tax, as shares of the net revenue in percent.

    `bar` and `mark` are both in hundredths of the width of a drawing.
    """

    rows: list[MoneyRow]
    amount: Decimal
    percent: Decimal | None
    floor: Decimal
    floor_percent: Decimal | None
    bar: int
    mark: int
    supplier_sells: bool

    @property
    def above(self) -> Decimal:
        """How much more it is than what is protected."""
        return self.amount - self.floor


def keeps_of(offer: Offer, lines: Iterable[OfferLine]) -> Keeps:
    """The sum of an offer. Its net column adds up to what the dealer keeps, to the cent."""
    made = [from_plain(Settlement, line.settlement) for line in lines]
    whole = max(offer.keeps, offer.floor, Decimal("0.01")) * Decimal("1.15")
    return Keeps(
        rows=rows_of(made),
        amount=offer.keeps,
        percent=_percent(offer.keeps, offer.net_revenue),
        floor=offer.floor,
        floor_percent=_percent(offer.floor, offer.net_revenue),
        bar=int(max(offer.keeps, Decimal(0)) * 100 / whole),
        mark=int(offer.floor * 100 / whole),
        supplier_sells=any(each.terms.model is Model.SUPPLIER_SELLS for each in made),
    )


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """A share with one decimal, rounded down: 18.0 only where it is 18."""
    return (part * 100 / whole).quantize(Decimal("0.1"), ROUND_DOWN) if whole > 0 else None


def rows_of(made: Sequence[Settlement]) -> list[MoneyRow]:
    """How what a dealer keeps of lines adds up; the net column sums to it, to the cent."""
    supplier_sells = [each for each in made if each.terms.model is Model.SUPPLIER_SELLS]
    dealer_sells = [each for each in made if each.terms.model is Model.DEALER_SELLS]
    found = [*_sold_by_dealer(dealer_sells), *_sold_by_supplier(supplier_sells)]
    freight = _sum((each.sale.freight, net(each.sale.freight, each.terms.rates.freight_tax)) for each in made)
    found.append(_row(_("Freight that you pay"), freight, sign=-1))
    return [row for row in found if row.gross or row.net]


def _sold_by_dealer(made: list[Settlement]) -> list[MoneyRow]:
    revenue, charged, cost, fees, guide, top_up = (NOTHING,) * 6
    for each in made:
        sale, rates, due = each.sale, each.terms.rates, each.fees
        sold = sale.paid + sale.supplier_discount
        deducted = due.payment_on_dealer + due.commission
        revenue = _add(revenue, sold, net(sold, rates.goods_tax))
        charged = _add(charged, sale.freight_charged, net(sale.freight_charged, rates.freight_tax))
        cost = _add(cost, sale.landed_cost, net(sale.landed_cost, rates.goods_tax))
        fees = _add(fees, deducted, net(deducted, rates.service_tax))
        guide = _add(guide, due.guide_on_dealer, due.guide_on_dealer)
        top_up = _add(top_up, each.top_up, net(each.top_up, rates.top_up_tax))
    borne = sum(each.sale.supplier_discount for each in made)
    note = _("of it borne by the supplier") + f" {to_money(borne)}" if borne else ""
    return [
        _row(_("The consumer's price"), revenue, note=note),
        _row(_("Freight that the consumer paid"), charged),
        _row(_("Top-up from the supplier"), top_up),
        _row(_("Your purchase price"), cost, sign=-1),
        _row(_("Fees"), fees, sign=-1),
        _row(_("Guide's commission"), guide, sign=-1),
    ]


def _sold_by_supplier(made: list[Settlement]) -> list[MoneyRow]:
    cost, fee = NOTHING, NOTHING
    for each in made:
        rates = each.terms.rates
        cost = _add(cost, each.sale.landed_cost, net(each.sale.landed_cost, rates.goods_tax))
        fee = _add(fee, each.fulfilment_fee, net(each.fulfilment_fee, rates.service_tax))
    return [
        _row(_("Your purchase price, credited"), cost),
        _row(_("Your purchase price, goods given"), cost, sign=-1),
        _row(_("Fee for your service"), fee),
    ]


def _add(before: tuple[int, int], gross: int, netted: int) -> tuple[int, int]:
    return before[0] + gross, before[1] + netted


def _sum(pairs: Iterable[tuple[int, int]]) -> tuple[int, int]:
    listed = list(pairs)
    return sum(gross for gross, _net in listed), sum(netted for _gross, netted in listed)


def _row(label: str, amounts: tuple[int, int], *, sign: int = 1, note: str = "") -> MoneyRow:
    return MoneyRow(label, to_money(sign * amounts[0]), to_money(sign * amounts[1]), note)
