"""What a dealer is offered instead of a product that is no longer sold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from dealers.accounts.models import Dealer
from pricing.catalogue.replacements import replacements_of
from pricing.quote import assortment


def replaced_for(dealer: Dealer, product_ids: Iterable[int], at: datetime | None = None) -> dict[int, int]:
    """For each replaced product the nearest replacement that this dealer may buy; two statements at most.

    Products that were not replaced, or only by what the dealer may not see, are missing. Says nothing about whether
    the dealer may know the product itself: ask only for what they named or bought.
    """
    chains = replacements_of(product_ids)
    wanted = {new for chain in chains.values() for new in chain}
    if not wanted:
        return {}
    sold = set(assortment(dealer, at, among=wanted).values_list("pk", flat=True))
    found = {old: next((new for new in chain if new in sold), None) for old, chain in chains.items()}
    return {old: new for old, new in found.items() if new is not None}
