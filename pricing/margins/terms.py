"""What a settlement is computed from: the sale, the rates, the protected margin and the caps. All frozen, so that a
snapshot of them gives the same numbers again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pricing.margins.amounts import MILLION, Ppm


class Model(StrEnum):
    """Who is the seller to the consumer. Part of the dealer's contract, never a global switch."""

    DEALER_SELLS = "dealer_sells"
    SUPPLIER_SELLS = "supplier_sells"


class Refusal(StrEnum):
    """Why a line is not given to a dealer for its money."""

    TOP_UP_OVER_CAP = "top_up_over_cap"
    CAMPAIGN_BUDGET = "campaign_budget"
    SUPPLIER_FLOOR = "supplier_floor"


@dataclass(frozen=True, slots=True)
class Rates:
    """Taxes and fees of a day.

    `payment_fee` is of what the consumer pays, freight included; `guide` of the paid amount net of tax; `commission`,
    the platform's fee, of the paid amount; `override` of the paid amount net of tax. `…_on_dealer` is the share the
    dealer bears where it sells; the supplier bears the rest. `top_up_tax` is apart from `goods_tax`, since countries
    differ in how they tax a top-up.
    """

    goods_tax: Ppm
    freight_tax: Ppm
    service_tax: Ppm
    top_up_tax: Ppm
    payment_fee: Ppm = 0
    payment_fee_on_dealer: Ppm = MILLION
    guide: Ppm = 0
    guide_on_dealer: Ppm = 0
    commission: Ppm = 0
    override: Ppm = 0


@dataclass(frozen=True, slots=True)
class Floor:
    """The protected margin: what the dealer keeps at least, net of tax.

    The higher of `share` of its net revenue and `per_unit`. It binds the supplier, not what the dealer asks elsewhere.
    """

    share: Ppm = 0
    per_unit: int = 0


@dataclass(frozen=True, slots=True)
class Caps:
    """The most a top-up may be, None without limit: a share of what the consumer paid for the line, an amount per line,
    what the campaign has left; and the least the supplier must keep of the line, net of tax."""

    share: Ppm | None = None
    per_line: int | None = None
    campaign_left: int | None = None
    supplier_floor: int | None = None

    def amount(self, paid: int) -> int | None:
        """The lowest of the caps on a line for which the consumer paid so much; None without any."""
        every = [self.per_line, self.campaign_left, None if self.share is None else paid * self.share // MILLION]
        return min((each for each in every if each is not None), default=None)


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything agreed that a line is settled by."""

    rates: Rates
    floor: Floor = Floor()
    caps: Caps = Caps()
    model: Model = Model.DEALER_SELLS


@dataclass(frozen=True, slots=True)
class Sale:
    """A line of a consumer order in the hands of one dealer.

    `paid` is the consumer's cash after every discount and `supplier_discount` what of the discounts the supplier
    funds. `freight_charged` was paid by the consumer on top, `freight` is what sending costs the dealer.
    `landed_cost` is the dealer's cost of all units: contract price less rebates per unit, inbound freight included.
    `wholesale_margin`, net of tax, is what the supplier earned when it sold the units to the dealer.
    """

    quantity: int
    paid: int
    landed_cost: int
    freight: int = 0
    supplier_discount: int = 0
    freight_charged: int = 0
    wholesale_margin: int = 0

    def __post_init__(self) -> None:
        amounts = (self.paid, self.landed_cost, self.freight, self.supplier_discount, self.freight_charged)
        if self.quantity < 1 or min(amounts) < 0:
            raise ValueError("A sale has at least one unit and no negative amount.")
