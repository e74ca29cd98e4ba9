"""The lines of a quick order as its table shows them, and what the good ones come to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from dealers.accounts.models import Dealer
from fulfilment.ordering.credit import Credit
from fulfilment.ordering.resolve import LineState, Resolved
from portal.access.portal import PortalRequest
from portal.components.formats import format_date, format_quantity
from portal.components.promotions import PromotionShown, promotions_shown
from portal.shop.cartlines import credit_shown
from portal.shop.quicklist import QuickLine, QuickList
from portal.shop.rows import Label, Product, labels_for, named, pictures_of
from pricing.catalogue.units import quantity_words, units_of
from pricing.money import round_money

#: The word and the colour of each state's chip.
CHIPS: dict[LineState, tuple[Any, str]] = {
    LineState.OK: (pgettext_lazy("quick order", "OK"), "good"),
    LineState.ROUNDED: (pgettext_lazy("quick order", "Rounded up"), "progress"),
    LineState.PART: (pgettext_lazy("quick order", "Too little stock"), "warn"),
    LineState.NO_PRICE: (pgettext_lazy("quick order", "No price"), "bad"),
    LineState.REPLACED: (pgettext_lazy("quick order", "Replaced"), "warn"),
    LineState.AMBIGUOUS: (pgettext_lazy("quick order", "Which one?"), "warn"),
    LineState.UNKNOWN: (pgettext_lazy("quick order", "Unknown"), "bad"),
    LineState.QUANTITY: (pgettext_lazy("quick order", "Quantity"), "bad"),
    LineState.UNIT: (pgettext_lazy("quick order", "Unit"), "bad"),
    LineState.SAME: (pgettext_lazy("quick order", "Added up"), "neutral"),
}
MOST_PER_ORDER = pgettext_lazy("quick order", "Most per order")
_SUMS = re.compile(r"(-?\d{1,12}(?:\.\d{1,6})?)(?:,(-?\d{1,12}(?:\.\d{1,6})?)){6}", re.ASCII)


@dataclass(frozen=True)
class Row:
    """One line of the table. `label` is None while the product is not known; `words` is the quantity in cartons,
    `promotion` what its amount is after."""

    place: str
    line: QuickLine
    found: Resolved
    word: Any
    kind: str
    label: Label | None
    picture: str
    words: str = ""
    promotion: PromotionShown | None = None

    @property
    def stepped(self) -> bool:
        """Whether the quantity is a number that a stepper can hold."""
        return self.label is not None and self.found.state not in (LineState.QUANTITY, LineState.UNIT)

    @property
    def part(self) -> int:
        """How much of it can be had when that is less than was asked for."""
        return self.found.quantity if self.found.state == LineState.PART else 0

    @property
    def part_text(self) -> str:
        """`part` as it stands in a button's value, never with grouped digits."""
        return str(self.part)

    @property
    def sums(self) -> str:
        """What the line adds to the totals, for the request that checks it again."""
        return sums_of([self.found]).text


@dataclass(frozen=True)
class Sums:
    """What lines come to, before tax, of those that can be ordered. `unweighed` are good lines of unknown weight;
    `parts` are lines of which something can be had."""

    good: int = 0
    bad: int = 0
    parts: int = 0
    pieces: int = 0
    unweighed: int = 0
    net: Decimal = Decimal("0.00")
    weight: Decimal = Decimal(0)

    @property
    def text(self) -> str:
        """As it travels to the browser and back."""
        numbers = (self.good, self.bad, self.parts, self.pieces, self.unweighed, self.net, self.weight)
        return ",".join(f"{number:f}" if isinstance(number, Decimal) else str(number) for number in numbers)

    @classmethod
    def read(cls, text: str) -> Sums:
        """Out of the browser's text; nothing where it is not ours. Only shown to who sent it, never ordered by."""
        if not _SUMS.fullmatch(text):
            return cls()
        good, bad, parts, pieces, unweighed, net, weight = (Decimal(number) for number in text.split(","))
        return cls(int(good), int(bad), int(parts), int(pieces), int(unweighed), net, weight)

    def changed(self, before: Sums, after: Sums) -> Sums:
        """The sums once a line that came to `before` comes to `after`; counts are never below nothing."""
        return Sums(
            max(self.good - before.good + after.good, 0),
            max(self.bad - before.bad + after.bad, 0),
            max(self.parts - before.parts + after.parts, 0),
            max(self.pieces - before.pieces + after.pieces, 0),
            max(self.unweighed - before.unweighed + after.unweighed, 0),
            max(self.net - before.net + after.net, Decimal("0.00")),
            max(self.weight - before.weight + after.weight, Decimal(0)),
        )


@dataclass(frozen=True)
class Totals:
    """What is beside the table. Amounts in the dealer's currency; `credit_left` is what stays free of the credit limit
    once the `cart` and these lines are ordered; it and `credit` are None for a dealer to whom credit means nothing."""

    sums: Sums
    tax: Decimal
    total: Decimal
    credit_left: Decimal | None
    credit: Credit | None = None
    cart: Decimal = Decimal("0.00")

    @property
    def over(self) -> Decimal | None:
        """By how much the credit limit would be exceeded."""
        return -self.credit_left if self.credit_left is not None and self.credit_left < 0 else None


def sums_of(found: Iterable[Resolved]) -> Sums:
    """What resolved lines come to."""
    every = list(found)
    good = [item for item in every if item.good]
    return Sums(
        good=len(good),
        bad=len(every) - len(good),
        parts=sum(1 for item in every if item.state == LineState.PART and item.quantity),
        pieces=sum(item.quantity for item in good),
        unweighed=sum(1 for item in good if item.weight_kg is None),
        net=sum((item.net_amount or Decimal(0) for item in good), Decimal("0.00")),
        weight=sum((item.weight_kg or Decimal(0) for item in good), Decimal(0)),
    )


def totals_of(request: PortalRequest, sums: Sums) -> Totals:
    """With tax, and held against the dealer's credit."""
    dealer = request.portal.dealer
    tax = round_money(sums.net * dealer.tax_percent / 100, dealer.currency)
    total = sums.net + tax
    credit = credit_shown(dealer)
    cart = request.portal.cart_total if credit else Decimal("0.00")
    left = None if credit is None else credit.left - cart - total
    return Totals(sums, tax, total, left, credit, cart)


def folded(quick: QuickList, found: Sequence[Resolved]) -> tuple[QuickList, list[Resolved], dict[int, int]]:
    """One line for each product, counted in sales units: what was added to an earlier line is in its quantity now.

    The last answer tells where each line went.
    """
    sums = {item.added_to for item in found if item.added_to is not None}
    packs = [item.unit or line.packed_in for line, item in zip(quick.lines, found, strict=True)]
    for place, item in enumerate(found):
        if item.added_to is not None and packs[place] != packs[item.added_to]:
            packs[item.added_to] = ""
    lines: list[QuickLine] = []
    kept: list[Resolved] = []
    went: dict[int, int] = {}
    for place, (line, item) in enumerate(zip(quick.lines, found, strict=True)):
        if item.added_to is not None:
            went[place] = went[item.added_to]
            continue
        went[place] = len(lines)
        if item.wanted and (place in sums or item.in_units):
            line = replace(line, code=item.code, quantity=str(item.wanted), unit="")
        elif item.wanted and item.code != line.code:
            line = replace(line, code=item.code)
        lines.append(replace(line, shown=_shown(line, item), packed_in=packs[place]))
        kept.append(item)
    return replace(quick, lines=tuple(lines)), kept, went


def rows_of(dealer: Dealer, quick: QuickList, found: Sequence[Resolved], places: Sequence[int]) -> list[Row]:
    """The rows of a page, in at most six statements."""
    ids = [pk for place in places if (pk := found[place].product_id) is not None]
    products = {product.pk: product for product in named(Product.objects.filter(pk__in=ids))} if ids else {}
    pictures = pictures_of(products.values()) if products else {}
    labels = labels_for(dealer, products.values())
    packings = units_of(ids) if ids else {}
    rows = []
    for place in places:
        item = found[place]
        label = labels.get(item.product_id or 0)
        word, kind = CHIPS[item.state]
        if item.state == LineState.ROUNDED and item.quantity < item.wanted:
            word, kind = MOST_PER_ORDER, "warn"
        packing = packings.get(item.product_id or 0, ())
        number = item.quantity if item.good else item.wanted
        words = ""
        if label is not None and packing and number >= min(unit.factor for unit in packing):
            words = quantity_words(number, label.unit_code, packing)
        picture = pictures.get(item.product_id or 0, "")
        deal = promotions_shown((item.deal,), dealer.currency)[0] if item.deal and item.net_amount is not None else None
        rows.append(Row(str(place), quick.lines[place], item, word, kind, label, picture, words, deal))
    return rows


def told(item: Resolved) -> str:
    """All that is said about a line in one sentence or two, for the file of lines to mend."""
    texts = [item.message or str(CHIPS[item.state][0])]
    if item.arrives is not None:
        words = {"number": format_quantity(item.arrives.quantity), "day": format_date(item.arrives.on)}
        texts.append(_("%(number)s expected on %(day)s.") % words)
    if item.instead and item.state != LineState.REPLACED:
        texts.append(_("Replaced by %s.") % item.instead)
    if item.suggestions:
        texts.append(_("Did you mean %s?") % ", ".join(item.suggestions))
    return " ".join(texts)


def _shown(line: QuickLine, item: Resolved) -> str:
    """The quantity as the screen shows it: as it will be ordered where that is clear, else as it was written."""
    if item.good:
        return str(item.quantity)
    return str(item.wanted) if item.wanted else " ".join(text for text in (line.quantity, line.unit) if text)
