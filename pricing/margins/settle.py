"""The smallest top-up that keeps a dealer's protected margin, and what everybody gets.

Where the dealer sells (model A) it takes what was paid and is topped up. Where the supplier sells (model B) the dealer
gets its landed cost back and a fee for its service; the top-up is then what these cost the supplier beyond what the
order brings, is paid to nobody, and is held against the same caps: where a top-up is needed, both models come to the
same for the supplier, but for rounding. In model B the supplier, being the seller, bears payment fee and guide, and
there is no commission.
"""

from __future__ import annotations

from dataclasses import dataclass

from pricing.margins.amounts import net, part, part_up, smallest_gross
from pricing.margins.terms import Model, Refusal, Sale, Terms


@dataclass(frozen=True, slots=True)
class Fees:
    """The fees of a line, tax included, and what of them the dealer bears."""

    payment: int
    payment_on_dealer: int
    guide: int
    guide_on_dealer: int
    commission: int

    @property
    def payment_on_supplier(self) -> int:
        """What of the payment fee the supplier bears."""
        return self.payment - self.payment_on_dealer

    @property
    def guide_on_supplier(self) -> int:
        """What of the guide's commission the supplier bears."""
        return self.guide - self.guide_on_dealer


@dataclass(frozen=True, slots=True)
class Prepared:
    """A line settled but for the dealer's outbound freight, which depends on what else is in the parcel.

    `margin` is the dealer's net margin before freight and top-up, of a sale through the supplier without any fee for
    the service; `supplier_margin` the supplier's before both.
    """

    terms: Terms
    fees: Fees
    floor: int
    cap: int | None
    margin: int
    supplier_margin: int
    income: int

    def fulfilment_fee(self, freight: int) -> int:
        """Model B: the smallest fee of which the protected margin and the freight remain net; 0 in model A."""
        if self.terms.model is Model.DEALER_SELLS:
            return 0
        rates = self.terms.rates
        return smallest_gross(self.floor + net(freight, rates.freight_tax), rates.service_tax)

    def top_up(self, freight: int) -> int:
        """The smallest top-up that keeps the floor with this freight; it never falls when the freight rises."""
        rates = self.terms.rates
        if self.terms.model is Model.DEALER_SELLS:
            missing = self.floor - self.margin + net(freight, rates.freight_tax)
        else:
            missing = net(self.fulfilment_fee(freight), rates.service_tax) - self.income
        return smallest_gross(missing, rates.top_up_tax)

    def supplier_keeps(self, freight: int, top_up: int) -> int:
        """The supplier's net margin on the line after top-up or fee."""
        rates = self.terms.rates
        if self.terms.model is Model.DEALER_SELLS:
            return self.supplier_margin - net(top_up, rates.top_up_tax)
        return self.supplier_margin - net(self.fulfilment_fee(freight), rates.service_tax)

    def refusal(self, freight: int, top_up: int) -> Refusal | None:
        """Why the line may not go to the dealer with this freight and the `top_up` it needs; None when it may."""
        caps = self.terms.caps
        if self.cap is not None and top_up > self.cap:
            over_budget = caps.campaign_left == self.cap
            return Refusal.CAMPAIGN_BUDGET if over_budget else Refusal.TOP_UP_OVER_CAP
        if caps.supplier_floor is not None and self.supplier_keeps(freight, top_up) < caps.supplier_floor:
            return Refusal.SUPPLIER_FLOOR
        return None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a line comes to for everybody, with what it was computed from.

    `floor` is the protected margin and `margin_before` the dealer's net margin without top-up or fee; `dealer_margin`
    is it with them. `dealer_receives` is what the dealer is owed, tax included. `cap` is None without any.
    """

    sale: Sale
    terms: Terms
    fees: Fees
    floor: int
    cap: int | None
    margin_before: int
    top_up: int
    fulfilment_fee: int
    dealer_receives: int
    dealer_margin: int
    supplier_margin: int
    refusal: Refusal | None


def fees(sale: Sale, terms: Terms) -> Fees:
    """Payment fee, guide's commission and platform's commission of a line."""
    rates = terms.rates
    payment = part(sale.paid + sale.freight_charged, rates.payment_fee)
    guide = part(net(sale.paid, rates.goods_tax), rates.guide)
    if terms.model is Model.SUPPLIER_SELLS:
        return Fees(payment, 0, guide, 0, 0)
    return Fees(
        payment,
        part(payment, rates.payment_fee_on_dealer),
        guide,
        part(guide, rates.guide_on_dealer),
        part(sale.paid, rates.commission),
    )


def prepare(sale: Sale, terms: Terms) -> Prepared:
    """Everything of a line that does not depend on its share of the dealer's freight (`sale.freight` is ignored)."""
    rates, due = terms.rates, fees(sale, terms)
    revenue = net(sale.paid + sale.supplier_discount, rates.goods_tax)
    goods = net(sale.landed_cost, rates.goods_tax)
    charged = net(sale.freight_charged, rates.freight_tax)
    supplier = sale.wholesale_margin - net(due.payment_on_supplier, rates.service_tax) - due.guide_on_supplier
    if terms.model is Model.DEALER_SELLS:
        margin = revenue + charged - goods - net(due.payment_on_dealer + due.commission, rates.service_tax)
        margin -= due.guide_on_dealer
        supplier += net(due.commission, rates.service_tax) - net(sale.supplier_discount, rates.goods_tax)
        income = 0
    else:
        margin = 0  # the landed cost comes back as a credit; what remains is the fee less the freight
        supplier += net(sale.paid, rates.goods_tax) + charged - goods
        income = revenue + charged - goods - net(due.payment, rates.service_tax)
    floor = max(terms.floor.per_unit * sale.quantity, part_up(revenue, terms.floor.share))
    return Prepared(terms, due, floor, terms.caps.amount(sale.paid), margin, supplier, income)


def settle(sale: Sale, terms: Terms) -> Settlement:
    """What everybody gets of a line with the smallest top-up; `refusal` says when it may not be given at that."""
    rates, ready = terms.rates, prepare(sale, terms)
    before = ready.margin - net(sale.freight, rates.freight_tax)
    top_up, fee = ready.top_up(sale.freight), ready.fulfilment_fee(sale.freight)
    if terms.model is Model.DEALER_SELLS:
        due = ready.fees
        deductions = due.payment_on_dealer + due.guide_on_dealer + due.commission
        receives = sale.paid + sale.supplier_discount + sale.freight_charged - deductions + top_up
        after = before + net(top_up, rates.top_up_tax)
    else:
        receives = sale.landed_cost + fee
        after = before + net(fee, rates.service_tax)
    return Settlement(
        sale=sale,
        terms=terms,
        fees=ready.fees,
        floor=ready.floor,
        cap=ready.cap,
        margin_before=before,
        top_up=top_up,
        fulfilment_fee=fee,
        dealer_receives=receives,
        dealer_margin=after,
        supplier_margin=ready.supplier_keeps(sale.freight, top_up),
        refusal=ready.refusal(sale.freight, top_up),
    )


def territory_override(sale: Sale, terms: Terms) -> int:
    """Model C: what the owner of a protected territory gets when another fulfils there without the owner's fault."""
    return part(net(sale.paid, terms.rates.goods_tax), terms.rates.override)
