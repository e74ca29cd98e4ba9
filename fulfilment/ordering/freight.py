"""What an order comes to with its surcharges and its freight: one place for cart, checkout and order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from dealers.accounts.models import Dealer
from pricing.money import round_money, split
from pricing.quote import Quote, supplier_day
from pricing.selling.freight import NOTHING, freight_of
from pricing.surcharges.rules import Charge


@dataclass(frozen=True)
class OrderAmounts:
    """The amounts of an order in the dealer's currency: goods, surcharges, freight, and all of them with tax.

    `missing` is what the goods lack before tax for free freight; None when nothing would change it.
    """

    net_total: Decimal
    tax_total: Decimal
    freight_net: Decimal
    freight_tax: Decimal
    missing: Decimal | None = None
    surcharges: tuple[Charge, ...] = ()
    surcharge_tax: Decimal = NOTHING

    @property
    def surcharge_net(self) -> Decimal:
        """All surcharges before tax."""
        return sum((charge.net for charge in self.surcharges), NOTHING)

    @property
    def net_with_charges(self) -> Decimal:
        """Goods, surcharges and freight before tax."""
        return self.net_total + self.surcharge_net + self.freight_net

    @property
    def all_tax(self) -> Decimal:
        """The tax on goods, surcharges and freight."""
        return self.tax_total + self.surcharge_tax + self.freight_tax

    @property
    def total(self) -> Decimal:
        """What the dealer pays."""
        return self.net_with_charges + self.all_tax

    def surcharge_taxes(self, currency: str) -> list[Decimal]:
        """The tax of each surcharge, so that they sum to `surcharge_tax`."""
        return split(self.surcharge_tax, [charge.net for charge in self.surcharges], currency)


def amounts_of(dealer: Dealer, quoted: Quote) -> OrderAmounts:
    """What an order of these lines comes to on the quote's day. One statement.

    Tax is rounded once on goods, freight and surcharges together; the freight's tax is what the goods leave of the tax
    on both, and the surcharges' what these two leave. Whether freight is free goes by the goods alone.
    """
    net = quoted.net_total
    freight = freight_of(dealer, net, supplier_day(quoted.at))
    charge = round_money(freight.charge, quoted.currency)
    on_top = sum((each.net for each in quoted.surcharges), NOTHING)
    tax = round_money((net + charge) * quoted.tax_percent / 100, quoted.currency)
    all_tax = round_money((net + charge + on_top) * quoted.tax_percent / 100, quoted.currency)
    freight_tax = tax - quoted.tax_total
    return OrderAmounts(net, quoted.tax_total, charge, freight_tax, freight.missing, quoted.surcharges, all_tax - tax)
