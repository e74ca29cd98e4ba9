"""Recommended retail prices as a dealer compares them with its own."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from dealers.accounts.models import Dealer

#: Takes the dealer's `tax`, in percent, out of a price per unit that includes it. The one place where this is done:
#: rounded half up to four decimals, the places that prices are stored with.
BEFORE_TAX = "round({price} * 100 / (100 + %(tax)s), 4)"
RETAIL_PRICES = """
SELECT c.product_id, c.recommended_retail_price,
       CASE WHEN coalesce((SELECT s.retail_prices_include_tax FROM dealers_accounts_supplier s), true)
            THEN {before_tax} ELSE c.recommended_retail_price END
FROM pricing_catalogue_productcard c
WHERE c.product_id = ANY(%(products)s::bigint[]) AND c.recommended_retail_price > 0
""".replace("{before_tax}", BEFORE_TAX.replace("{price}", "c.recommended_retail_price"))


class RetailPrices:
    """The recommended retail prices of a quote's products, read with one statement when the first is asked for.

    They are in the supplier's currency (settings.OSCAR_DEFAULT_CURRENCY), so a dealer that buys in another sees none;
    nor does one whose `shows_margin` is off.
    """

    def __init__(self, dealer: Dealer, product_ids: Iterable[int]) -> None:
        self._dealer = dealer
        self._product_ids = product_ids
        self._found: dict[int, tuple[Decimal, Decimal]] | None = None

    def printed(self, product_id: int) -> Decimal | None:
        """The price as consumers read it: with tax unless the supplier says otherwise (`retail_prices_include_tax`)."""
        return self._prices.get(product_id, (None, None))[0]

    def before_tax(self, product_id: int) -> Decimal | None:
        """The price without the dealer's tax, to four decimals: what is compared with what the dealer pays."""
        return self._prices.get(product_id, (None, None))[1]

    @property
    def _prices(self) -> dict[int, tuple[Decimal, Decimal]]:
        if self._found is None:
            self._found = {}
            if self._dealer.shows_margin and self._dealer.currency == settings.OSCAR_DEFAULT_CURRENCY:
                asked: dict[str, Any] = {"tax": self._dealer.tax_percent, "products": list(self._product_ids)}
                with connection.cursor() as cursor:
                    cursor.execute(RETAIL_PRICES, asked)
                    self._found = {pk: (printed, before_tax) for pk, printed, before_tax in cursor.fetchall()}
        return self._found
