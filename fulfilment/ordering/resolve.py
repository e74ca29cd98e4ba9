"""What a list of codes and quantities comes to for a dealer: each line's product, and whether it can be ordered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _

from dealers.accounts.models import Dealer
from fulfilment.ordering.alike import MOST_LOOKED_UP, MOST_SUGGESTIONS, alike, instead_of, replacements
from fulfilment.ordering.codes import Goods, Named, find_codes
from fulfilment.ordering.lines import MAX_QUANTITY, grouped, quantity_message, shortage_message
from fulfilment.stock.expected import Expected, expected_receipts
from fulfilment.stock.take import available
from pricing.catalogue.models import Unit
from pricing.catalogue.units import counted, units_of
from pricing.promotions.rules import Deal
from pricing.quote import QuotedLine, quote
from pricing.units import PackUnit

__all__ = ["MOST_LOOKED_UP", "Entry", "LineState", "Resolved", "resolve"]


class LineState(StrEnum):
    """What can be done with a line. `OK` and `ROUNDED` can be ordered; `SAME` was added to an earlier line."""

    OK = "ok"
    ROUNDED = "rounded"
    PART = "part"
    NO_PRICE = "no_price"
    REPLACED = "replaced"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"
    QUANTITY = "quantity"
    UNIT = "unit"
    SAME = "same"


@dataclass(frozen=True)
class Entry:
    """A line as it was read. `quantity` None means the smallest pack, unless `wrong` says why it could not be read:
    `words`, `negative`, `zero`, `fraction`, `huge`, `unclear` or `unit` (a unit we do not know).

    `units` are the codes that the written unit may stand for, likeliest first: the first that the product is sold or
    packed in holds. Without any the quantity counts in sales units, or in cartons where the code is a carton's EAN.
    """

    code: str
    quantity: int | None = None
    wrong: str = ""
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resolved:
    """A line for a dealer. `wanted` is what was asked for, `quantity` what can be ordered of it (0 for nothing), both
    in sales units.

    Prices are in the dealer's currency before tax, for what was asked for, rounded up to the pack; only a line that
    can be ordered so has an amount and, where the product was weighed, a weight. `added_to` is the place of the
    earlier entry with the same product, whose `wanted` has this one's quantity in it. `arrives` is the next receipt of
    what is short, `instead` the SKU of what replaces it. `code` is what names the product in sales units: the entry's,
    or the SKU where the entry's is a carton's EAN; `in_units` says that the entry did not count in sales units, `unit`
    which packing unit it counted in. `deal` is the promotion that `net_amount` is after, `full_amount` the one before.
    """

    entry: Entry
    state: LineState
    message: str = ""
    product_id: int | None = None
    sku: str = ""
    wanted: int = 0
    quantity: int = 0
    unit_price: Decimal | None = None
    net_amount: Decimal | None = None
    suggestions: tuple[str, ...] = ()
    added_to: int | None = None
    weight_kg: Decimal | None = None
    arrives: Expected | None = None
    instead: str = ""
    code: str = ""
    in_units: bool = False
    unit: str = ""
    deal: Deal | None = None
    full_amount: Decimal | None = None

    @property
    def good(self) -> bool:
        """Whether the line can go into the cart as it is."""
        return self.state in (LineState.OK, LineState.ROUNDED)


def resolve(dealer: Dealer, entries: Sequence[Entry], in_cart: Mapping[int, int] | None = None) -> list[Resolved]:
    """Each entry's product, quantity, price and state, in order, in a constant number of statements.

    What a code may be is told by `find_codes`. The same product twice adds up at its first line. Stock that `in_cart`
    asks for already is not offered again.
    """
    found = find_codes(dealer, {entry.code for entry in entries})
    goods = {name.goods.pk: name.goods for names in found.values() for name in names}
    packings = units_of(goods) if any(entry.units or entry.wrong == "unit" for entry in entries) else {}
    told = [_matched(entry, found.get(entry.code, ()), packings) for entry in entries]
    told = _added_up(told, goods)
    wanted = {line.product_id: line.wanted for line in told if line.product_id is not None and line.wanted}
    quoted = quote(dealer, [(pk, goods[pk].packed(number)) for pk, number in wanted.items()]).lines
    left = available(list(wanted))
    free = {pk: max(number - (in_cart or {}).get(pk, 0), 0) for pk, number in left.items()}
    prices = {line.product_id: line for line in quoted}
    told = [_judged(line, goods, prices, free, in_cart or {}) for line in told]
    return _with_hints(dealer, told)


def _matched(entry: Entry, names: Sequence[Named], packings: Mapping[int, tuple[PackUnit, ...]]) -> Resolved:
    if len(names) > 1:
        skus = tuple(name.goods.sku for name in names[:MOST_SUGGESTIONS])
        return Resolved(entry, LineState.AMBIGUOUS, _("Several products fit this code."), suggestions=skus)
    if not names:
        text = _("This code is not known to us or not available to you.") if entry.code else _("The code is missing.")
        return Resolved(entry, LineState.UNKNOWN, text)
    name = names[0]
    item = name.goods
    code = item.sku if name.unit else entry.code
    line = Resolved(entry, LineState.OK, product_id=item.pk, sku=item.sku, code=code)
    if not entry.wrong and entry.quantity is not None and not 1 <= entry.quantity <= MAX_QUANTITY:
        entry = replace(entry, wrong="huge" if entry.quantity > MAX_QUANTITY else "zero")
    unit, factor = _unit(entry, name, packings.get(item.pk, ()))
    if entry.wrong not in ("", "unit"):
        return replace(line, state=LineState.QUANTITY, message=_quantity_message(entry.wrong))
    if entry.wrong or not factor:
        return replace(line, state=LineState.UNIT, message=_unit_message(item, packings.get(item.pk, ())))
    if entry.quantity is None and factor == 1 and not entry.units:
        smallest = item.packed(1)
        return replace(
            line, wanted=smallest, message=_("No quantity was given: the smallest is %s.") % grouped(smallest)
        )
    number = entry.quantity or 1
    if number * factor > MAX_QUANTITY:
        return replace(line, state=LineState.QUANTITY, message=_quantity_message("huge"))
    words = "" if factor == 1 else f"{counted(number, unit)} = {counted(number * factor, item.unit)}."
    in_units = factor > 1 or bool(entry.units)
    packed = unit if factor > 1 else ""
    return replace(line, wanted=number * factor, message=words, in_units=in_units, unit=packed)


def _unit(entry: Entry, name: Named, packing: Iterable[PackUnit]) -> tuple[str, int]:
    """The unit an entry counts in and how many sales units are in one; 0 for a unit the product does not have."""
    if not entry.units:
        return name.unit or name.goods.unit, name.factor
    sold = {each.code: each.factor for each in packing} | {name.goods.unit: 1}
    return next(((unit, sold[unit]) for unit in entry.units if unit in sold), ("", 0))


def _unit_message(item: Goods, packing: Iterable[PackUnit]) -> str:
    units = [Unit.word(item.unit), *(f"{Unit.word(each.code)} ({each.factor})" for each in packing)]
    return _("There is no such unit of this product. It is sold by: %s.") % ", ".join(units)


def _quantity_message(wrong: str) -> str:
    if wrong == "fraction":
        return _("Only whole quantities can be ordered.")
    if wrong == "unclear":
        return _("This can be read as thousands or as decimals. Write the number without comma or point.")
    return quantity_message()


def _added_up(lines: Sequence[Resolved], goods: Mapping[int, Goods]) -> list[Resolved]:
    """The quantities of a product that stands in several lines, at the first of them.

    A further line without a quantity, as scanners send them, is one more pack, not the minimum once more.
    """
    told = list(lines)
    places: dict[int, list[int]] = {}
    for place, line in enumerate(lines):
        if line.product_id is not None and line.wanted:
            places.setdefault(line.product_id, []).append(place)
    for pk, same in places.items():
        if len(same) < 2:
            continue
        parts = [lines[same[0]].wanted, *(_further(lines[place], goods[pk]) for place in same[1:])]
        text = _("Stands in %(count)s lines, added up: %(sum)s.") % {
            "count": grouped(len(same)),
            "sum": " + ".join(grouped(part) for part in parts),
        }
        total = sum(parts)
        told[same[0]] = replace(told[same[0]], wanted=total, message=text)
        if total > MAX_QUANTITY:
            text = f"{text} {_quantity_message('huge')}"
            told[same[0]] = replace(told[same[0]], wanted=0, state=LineState.QUANTITY, message=text)
        for place in same[1:]:
            told[place] = Resolved(
                lines[place].entry,
                LineState.SAME,
                _("Added to the first line of this product."),
                lines[place].product_id,
                lines[place].sku,
                added_to=same[0],
                unit=lines[place].unit,
            )
    return told


def _further(line: Resolved, item: Goods) -> int:
    return item.pack.multiple if line.entry.quantity is None and not line.in_units else line.wanted


def _judged(
    line: Resolved,
    goods: Mapping[int, Goods],
    prices: Mapping[int, QuotedLine],
    free: Mapping[int, int],
    in_cart: Mapping[int, int],
) -> Resolved:
    """A line whose product and quantity are clear, rounded, priced and held against the stock."""
    if line.product_id is None or not line.wanted:
        return line
    item, priced, left = goods[line.product_id], prices[line.product_id], free.get(line.product_id, 0)
    quantity = item.packed(line.wanted)
    weight = None if item.weight_kg is None else item.weight_kg * quantity
    line = replace(line, quantity=quantity, unit_price=priced.unit_price, net_amount=priced.net_amount)
    line = replace(line, deal=priced.deal, full_amount=priced.full_amount)
    if quantity > MAX_QUANTITY:
        message = _quantity_message("huge")
        return replace(line, state=LineState.QUANTITY, quantity=0, unit_price=None, net_amount=None, message=message)
    if not item.pack.fits(line.wanted):
        line = replace(line, state=LineState.ROUNDED, message=_joined(line.message, _rounded(item, line)))
    if priced.unit_price is None:
        message = _("There is no price for you at this quantity. Ask your sales rep.")
        return replace(line, state=LineState.NO_PRICE, quantity=0, net_amount=None, message=message)
    if quantity > left:
        part = item.pack.within(left)
        message = _joined(line.message, _shortage(part, quantity, in_cart.get(item.pk, 0)))
        return replace(line, state=LineState.PART, quantity=part, net_amount=None, message=message)
    return replace(line, weight_kg=weight)


def _shortage(left: int, wanted: int, held: int) -> str:
    if not left and not held:
        return shortage_message(0)
    words = {"left": grouped(left), "wanted": grouped(wanted), "cart": grouped(held)}
    if held:
        return _("%(left)s of %(wanted)s available beside the %(cart)s in your cart.") % words
    return _("%(left)s of %(wanted)s available.") % words


def _rounded(item: Goods, line: Resolved) -> str:
    pack = item.pack
    told = {"then": line.wanted, "now": line.quantity, "pack": pack.multiple, "minimum": pack.minimum}
    words = {name: grouped(number) for name, number in told.items()}
    if line.quantity < line.wanted:
        return _("%(then)s → %(now)s: that is the most in one order.") % words
    if pack.multiple > 1:
        return _("%(then)s → %(now)s: sold in packs of %(pack)s.") % words
    return _("%(then)s → %(now)s: at least %(minimum)s.") % words


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _with_hints(dealer: Dealer, lines: Sequence[Resolved]) -> list[Resolved]:
    """What to do about lines in trouble: SKUs that look like theirs, what replaces them, when more arrives."""
    unknown = {line.entry.code for line in lines if line.state == LineState.UNKNOWN and line.entry.code}
    instead = instead_of(dealer, unknown)
    near = alike(dealer, [line.entry.code for line in lines if line.entry.code in unknown - set(instead)])
    short = [line.product_id for line in lines if line.state == LineState.PART and line.product_id is not None]
    coming = expected_receipts(short) if short else {}
    newer = replacements(dealer, short) if short else {}
    told = []
    for line in lines:
        if line.state == LineState.UNKNOWN and line.entry.code in instead:
            message = _("No longer sold. Replaced by %s.") % instead[line.entry.code]
            line = replace(line, state=LineState.REPLACED, message=message, instead=instead[line.entry.code])
        elif line.state == LineState.UNKNOWN:
            line = replace(line, suggestions=near.get(line.entry.code, ()))
        elif line.state == LineState.PART and line.product_id is not None:
            arrives = next(iter(coming.get(line.product_id, ())), None)
            line = replace(line, arrives=arrives, instead=newer.get(line.product_id, ""))
        told.append(line)
    return told
