"""What an order differs in from what the dealer saw when they sent it, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from fulfilment.ordering.cart import CartEntry
from fulfilment.ordering.lines import grouped
from fulfilment.ordering.problems import LineProblem
from pricing.quote import Quote


def line_changes(shown: Mapping[int, int], lines: Mapping[int, CartEntry]) -> list[LineProblem]:
    """The lines that came, went or have another quantity since `product id → quantity` was shown; none when nothing
    was."""
    if not shown:
        return []
    found = []
    for product_id, entry in lines.items():
        then = shown.get(product_id)
        if then is None:
            found.append(LineProblem(product_id, "line_added", _("This line was added since you opened the page.")))
        elif then != entry.quantity:
            words = {"then": grouped(then), "now": grouped(entry.quantity)}
            message = _("The quantity was %(then)s and is now %(now)s.") % words
            found.append(LineProblem(product_id, "line_changed", message))
    gone = [product_id for product_id in shown if product_id not in lines]
    message = _("This line was removed since you opened the page.")
    return [*found, *(LineProblem(product_id, "line_removed", message) for product_id in gone)]


def price_changes(shown: Mapping[int, Decimal], lines: Mapping[int, CartEntry], quoted: Quote) -> list[LineProblem]:
    """The lines whose unit price is not the one that was seen: on the page that was sent, else in the cart."""
    found = []
    for line in quoted.lines:
        seen = shown.get(line.product_id, lines[line.product_id].shown_price)
        if seen is not None and line.unit_price is not None and seen != line.unit_price:
            found.append(LineProblem(line.product_id, "price_changed", price_change_message(seen, line.unit_price)))
    return found


def price_change_message(seen: Decimal, now: Decimal) -> str:
    """What to tell of a price that changed."""
    return _("The price was %(then)s and is now %(now)s.") % {"then": _plain(seen), "now": _plain(now)}


def _plain(price: Decimal) -> str:
    """A price with the decimals it has, two at least."""
    text = f"{price:.4f}"
    return text[:-2] if text.endswith("00") else text.removesuffix("0")
