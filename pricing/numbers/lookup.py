"""Asking what a dealer calls products, and what it means by a number. Never across dealers."""

from __future__ import annotations

from collections.abc import Iterable

from dealers.accounts.models import Dealer
from pricing.numbers.keys import code_key
from pricing.numbers.models import DealerItemNumber


def own_numbers(dealer: Dealer, product_ids: Iterable[int]) -> dict[int, str]:
    """The dealer's number by product, the one given first where there are several. One statement."""
    ids = list(product_ids)
    if not ids:
        return {}
    found = DealerItemNumber.objects.filter(dealer=dealer, product__in=ids).order_by("-pk")
    return dict(found.values_list("product_id", "number"))


def products_by_number(dealer: Dealer, codes: Iterable[str]) -> dict[str, int]:
    """The product that each code names as one of the dealer's own numbers; other codes are missing. One statement.

    Whether the dealer may buy the product today is for `assortment` to say.
    """
    keys = {code: key for code in codes if (key := code_key(code))}
    if not keys:
        return {}
    found = DealerItemNumber.objects.filter(dealer=dealer, key__in=set(keys.values()))
    products = dict(found.values_list("key", "product_id"))
    return {code: products[key] for code, key in keys.items() if key in products}
