"""What may have been meant by a code that names nothing: SKUs that look like it, or what replaces it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from django.db.models import Q
from django.utils import timezone
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from fulfilment.ordering.codes import code_key, key_of_sku
from fulfilment.ordering.models import DealerOrderLine
from pricing.numbers.lookup import products_by_number
from pricing.quote import assortment, offers_for, supplier_day
from pricing.replaced import replaced_for
from pricing.selling.assortments import restrict

Product = get_model("catalogue", "Product")

MOST_SUGGESTIONS = 3
#: Looking for what was meant is for people: beyond these codes nobody reads it, and its cost stays bounded.
MOST_LOOKED_UP = 100
MOST_CANDIDATES = 20_000
NEIGHBOURS = 15
LEAST_ALIKE = 0.6


def alike(dealer: Dealer, codes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Up to three SKUs of the dealer's assortment that look like each of the first codes. One statement."""
    keys = {code: key for code in codes if (key := code_key(code))}
    asked = list(dict.fromkeys(keys.values()))[:MOST_LOOKED_UP]
    if not asked:
        return {}
    near = dict(zip(asked, _near(asked, _candidates(dealer, asked)), strict=True))
    return {code: near.get(key, ()) for code, key in keys.items()}


def instead_of(dealer: Dealer, codes: Iterable[str]) -> dict[str, str]:
    """The SKU of what replaces each code that names a discontinued product: its SKU or the dealer's own number for it.

    Only where the dealer may know the product (no assortment rule keeps it from them, and a list of theirs has its
    price or they bought it) and may buy the replacement; all other codes are missing. At most seven statements.
    """
    asked = set(codes)
    if not asked:
        return {}
    today = supplier_day(timezone.now())
    own = products_by_number(dealer, asked)
    gone = Product.objects.filter(Q(upc__in=asked) | Q(pk__in=own.values()), card__discontinued_on__lte=today)
    gone = gone.filter(card__replaced_by__isnull=False).exclude(structure=Product.PARENT)
    named = dict(restrict(gone, dealer, today).values_list("upc", "pk"))
    if not named:
        return {}
    bought = DealerOrderLine.objects.filter(order__dealer=dealer, line__product__in=named.values())
    known = {*offers_for(dealer, named.values()), *bought.values_list("line__product", flat=True)}
    newer = replacements(dealer, [pk for pk in named.values() if pk in known])
    targets = {code: named.get(code) or own.get(code, 0) for code in asked}
    return {code: newer[pk] for code, pk in targets.items() if pk in newer}


def replacements(dealer: Dealer, product_ids: Iterable[int]) -> dict[int, str]:
    """The SKU that each replaced product is offered as now, as far as the dealer may buy it. Three statements."""
    replaced = replaced_for(dealer, product_ids)
    skus = dict(Product.objects.filter(pk__in=set(replaced.values())).values_list("pk", "upc")) if replaced else {}
    return {old: skus[new] for old, new in replaced.items()}


def _candidates(dealer: Dealer, keys: Sequence[str]) -> dict[str, str]:
    """`key → SKU` of what begins or ends like one of the keys. One statement."""
    heads = {re.escape(key[:3]) for key in keys}
    tails = {re.escape(key[-3:]) for key in keys}
    looks = f"^(?:{'|'.join(sorted(heads))})|(?:{'|'.join(sorted(tails))})$"
    products = assortment(dealer).annotate(code_key=key_of_sku()).filter(code_key__regex=looks)
    return dict(products.values_list("code_key", "upc")[:MOST_CANDIDATES])


def _near(keys: Iterable[str], known: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The likest SKUs for each key, out of its neighbours in the alphabet, read forwards and backwards."""
    forwards = sorted(known)
    backwards = sorted(key[::-1] for key in known)
    found = []
    for key in keys:
        close = _around(forwards, key) + [name[::-1] for name in _around(backwards, key[::-1])]
        likest = get_close_matches(key, dict.fromkeys(close), n=MOST_SUGGESTIONS, cutoff=LEAST_ALIKE)
        longer = [name for name in close if len(key) >= MOST_SUGGESTIONS and name.startswith(key)]
        found.append(tuple(known[name] for name in list(dict.fromkeys(likest + longer))[:MOST_SUGGESTIONS]))
    return found


def _around(names: Sequence[str], key: str) -> list[str]:
    place = bisect_left(names, key)
    return list(names[max(place - NEIGHBOURS, 0) : place + NEIGHBOURS])
