"""Oscar's window on our prices: its admin and basket show what `pricing.quote` says."""

from __future__ import annotations

from typing import Any

from oscar.apps.partner import prices, strategy

from dealers.accounts.models import Dealer
from pricing.quote import quote


class DealerStrategy(strategy.UseFirstStockRecord, strategy.StockRequired, strategy.Structured):
    """Prices a product for the dealer of the request; without a dealer nothing has a price."""

    def __init__(self, request: Any = None, dealer: Dealer | None = None) -> None:
        super().__init__(request)
        portal = getattr(request, "portal", None)
        self.dealer: Dealer | None = dealer or (portal.maybe_dealer if portal else None)

    def pricing_policy(self, product: Any, stockrecord: Any) -> Any:
        """One piece at the dealer's price, before tax."""
        if self.dealer is None or stockrecord is None:
            return prices.Unavailable()
        unit_price = quote(self.dealer, [(product.pk, 1)]).lines[0].unit_price
        if unit_price is None:
            return prices.Unavailable()
        return prices.FixedPrice(currency=self.dealer.currency, excl_tax=unit_price)

    def parent_pricing_policy(self, product: Any, children_stock: Any) -> Any:
        """A parent is not for sale; its variants are."""
        return prices.Unavailable()


class Selector:
    """Gives Oscar our strategy (see portal.oscar.bindings)."""

    def strategy(self, request: Any = None, user: Any = None, **kwargs: Any) -> DealerStrategy:
        """The strategy for a request."""
        return DealerStrategy(request)
