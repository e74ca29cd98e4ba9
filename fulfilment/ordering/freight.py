"""What an order comes to with its freight: one place for cart, checkout and order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from dealers.accounts.models import Dealer
from pricing.money import round_money
from pricing.quote import Quote, supplier_day
from pricing.selling.freight import freight_of


@dataclass(frozen=True)
class OrderAmounts:
    """The amounts of an order in the dealer's currency: goods, freight, and both with tax.

    `missing` is what the goods lack before tax for free freight; None when nothing would change it.
    """

    net_total: Decimal
    tax_total: Decimal
    freight_net: Decimal
    freight_tax: Decimal
    missing: Decimal | None = None

    @property
    def net_with_freight(self) -> Decimal:
        """Goods and freight before tax."""
        return self.net_total + self.freight_net

    @property
    def all_tax(self) -> Decimal:
        """The tax on goods and freight."""
        return self.tax_total + self.freight_tax

    @property
    def total(self) -> Decimal:
        """What the dealer pays."""
        return self.net_with_freight + self.all_tax


def amounts_of(dealer: Dealer, quoted: Quote) -> OrderAmounts:
    """What an order of these lines comes to on the quote's day. One statement.

    Tax is rounded once on goods and freight together; the freight's tax is what the goods leave of it.
    """
    net = quoted.net_total
    freight = freight_of(dealer, net, supplier_day(quoted.at))
    charge = round_money(freight.charge, quoted.currency)
    tax = round_money((net + charge) * quoted.tax_percent / 100, quoted.currency)
    return OrderAmounts(net, quoted.tax_total, charge, tax - quoted.tax_total, freight.missing)
