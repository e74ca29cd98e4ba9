"""Prices to plan a campaign by: from where on a dealer needs no top-up, and below what the line is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from pricing.margins.amounts import MILLION, net
from pricing.margins.settle import settle
from pricing.margins.terms import Caps, Model, Sale, Terms

#: How far, in minor units, rounding may move a price away from the formula.
NEAR = 60


def price_by_formula(sale: Sale, terms: Terms, *, with_top_up: bool) -> Fraction:
    """The price without any rounding between, for one unit sold by the dealer, which bears the payment fee.

    `P = (net C + net F) / ((1 − μ)/(1 + t) − φ/(1 + s))`; with the highest top-up, `+ τ/(1 + t)` in the denominator.
    Takes no discount, freight charged, commission, guide on the dealer or floor per unit; refuses where no price does.
    """
    rates, caps = terms.rates, terms.caps
    if terms.model is not Model.DEALER_SELLS:
        raise ValueError("The formula is for a dealer that sells.")
    costs = net(sale.landed_cost, rates.goods_tax) + net(sale.freight, rates.freight_tax)
    kept = Fraction(MILLION - terms.floor.share, MILLION + rates.goods_tax)
    kept -= Fraction(rates.payment_fee * rates.payment_fee_on_dealer, MILLION * (MILLION + rates.service_tax))
    if with_top_up:
        kept += Fraction(caps.share or 0, MILLION + rates.top_up_tax)
    if kept <= 0:
        raise ValueError("No price keeps this margin.")
    return Fraction(costs) / kept


def lowest_price(sale: Sale, terms: Terms, *, with_top_up: bool) -> int:
    """The lowest price, to the minor unit, from which on no top-up is needed, or with `with_top_up` none is refused.

    Looks at the real settlement on both sides of the formula, since rounding moves the place by a few units.
    """
    around = round(price_by_formula(sale, terms, with_top_up=with_top_up))
    share_only = replace(terms, caps=Caps(share=terms.caps.share))
    lowest = around + NEAR
    for price in range(around + NEAR, max(around - NEAR, 0), -1):
        found = settle(replace(sale, paid=price), share_only)
        if found.refusal if with_top_up else found.top_up:
            break
        lowest = price
    return lowest
