"""What a list of codes and quantities comes to for a dealer: each line's product, and whether it can be ordered."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Replace, Upper
from django.utils.translation import gettext as _

from dealers.accounts.models import Dealer
from fulfilment.ordering.lines import MAX_QUANTITY, shortage_message
from fulfilment.stock.take import available
from pricing.numbers.lookup import products_by_number
from pricing.quote import QuotedLine, assortment, quote
from pricing.selling.packs import packs_for
from pricing.selling.rules import Pack

MOST_SUGGESTIONS = 3
#: Looking for what was meant is for people: beyond these lines nobody reads it, and its cost stays bounded.
MOST_LOOKED_UP = 100
MOST_CANDIDATES = 20_000
NEIGHBOURS = 15
LEAST_ALIKE = 0.6
_JOINERS = " _-"
_EAN_LENGTHS = (8, 12, 13, 14)


class LineState(StrEnum):
    """What can be done with a line. `OK` and `ROUNDED` can be ordered; `SAME` was added to an earlier line."""

    OK = "ok"
    ROUNDED = "rounded"
    PART = "part"
    NO_PRICE = "no_price"
    UNKNOWN = "unknown"
    QUANTITY = "quantity"
    SAME = "same"


@dataclass(frozen=True)
class Entry:
    """A line as it was read. `quantity` None means the smallest pack, unless `wrong` says why it could not be read:
    `words`, `negative`, `zero`, `fraction`, `huge` or `unclear`."""

    code: str
    quantity: int | None = None
    wrong: str = ""


@dataclass(frozen=True)
class Resolved:
    """A line for a dealer. `wanted` is what was asked for, `quantity` what can be ordered of it (0 for nothing).

    Prices are in the dealer's currency before tax, for what was asked for, rounded up to the pack; only a line that
    can be ordered so has an amount. `added_to` is the place of the earlier entry with the
    same product, whose `wanted` has this one's quantity in it.
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

    @property
    def good(self) -> bool:
        """Whether the line can go into the cart as it is."""
        return self.state in (LineState.OK, LineState.ROUNDED)


class _Goods(NamedTuple):
    pk: int
    sku: str
    pack: Pack

    def packed(self, quantity: int) -> int:
        return self.pack.fitted(quantity)


def resolve(dealer: Dealer, entries: Sequence[Entry], in_cart: Mapping[int, int] | None = None) -> list[Resolved]:
    """Each entry's product, quantity, price and state, in order, in a constant number of statements.

    A code is a SKU exactly, else one of the dealer's own item numbers, else a SKU but for case, spaces and dashes, else
    an EAN, within the dealer's assortment: what is outside is unknown. The same product twice adds up at its first
    line. Stock that `in_cart` asks for already is not offered again.
    """
    found = _with_packs(dealer, _find(dealer, {entry.code for entry in entries}))
    told = [_matched(entry, found.get(entry.code, ())) for entry in entries]
    goods = {item.pk: item for items in found.values() for item in items}
    told = _added_up(told, goods)
    wanted = {line.product_id: line.wanted for line in told if line.product_id is not None and line.wanted}
    quoted = quote(dealer, [(pk, goods[pk].packed(number)) for pk, number in wanted.items()]).lines
    left = available(list(wanted))
    free = {pk: max(number - (in_cart or {}).get(pk, 0), 0) for pk, number in left.items()}
    prices = {line.product_id: line for line in quoted}
    told = [_judged(line, goods, prices, free, in_cart or {}) for line in told]
    return _with_suggestions(dealer, told)


def code_key(code: str) -> str:
    """A code without what people leave out or change in it: case, spaces, dashes."""
    return re.sub(f"[{_JOINERS}]", "", code).upper()


def _find(dealer: Dealer, codes: set[str]) -> dict[str, tuple[_Goods, ...]]:
    """What each code names: one product, several when it is not clear which, none when it is unknown."""
    asked = {code for code in codes if code}
    exact = {item.sku: (item,) for item, _ean in _goods(assortment(dealer).filter(upc__in=asked))}
    missing = asked - set(exact)
    keys = {code: code_key(code) for code in missing}
    eans = {code: _ean_forms(code) for code in missing}
    own = products_by_number(dealer, missing)
    loose = (
        assortment(dealer)
        .annotate(code_key=_code_key())
        .filter(
            Q(code_key__in=set(keys.values()))
            | Q(card__ean__in={form for forms in eans.values() for form in forms})
            | Q(pk__in=set(own.values()))
        )
    )
    by_key: dict[str, list[_Goods]] = {}
    by_ean: dict[str, list[_Goods]] = {}
    by_pk: dict[int, list[_Goods]] = {}
    for item, ean in _goods(loose):
        by_pk[item.pk] = [item]
        by_key.setdefault(code_key(item.sku), []).append(item)
        by_ean.setdefault(ean, []).append(item)
    tolerant = {
        code: tuple(
            by_pk.get(own.get(code, 0))
            or by_key.get(keys[code])
            or [item for form in eans[code] for item in by_ean.get(form, ())]
        )
        for code in missing
    }
    return exact | tolerant


def _goods(products: QuerySet[Any]) -> list[tuple[_Goods, str]]:
    rows = products.order_by("pk").values_list(
        "pk", "upc", "card__minimum_quantity", "card__order_multiple", "card__ean"
    )
    return [(_Goods(pk, sku, Pack(minimum or 1, multiple or 1)), ean or "") for pk, sku, minimum, multiple, ean in rows]


def _with_packs(dealer: Dealer, found: Mapping[str, tuple[_Goods, ...]]) -> dict[str, tuple[_Goods, ...]]:
    """The same with the packs that the rules give this dealer instead of the cards' own."""
    cards = {item.pk: (item.pack.minimum, item.pack.multiple) for items in found.values() for item in items}
    packs = packs_for(dealer, cards, cards=cards)
    return {code: tuple(item._replace(pack=packs[item.pk]) for item in items) for code, items in found.items()}


def _code_key() -> Upper:
    expression: F | Replace = F("upc")
    for joiner in _JOINERS:
        expression = Replace(expression, Value(joiner), Value(""))
    return Upper(expression, output_field=CharField())


def _ean_forms(code: str) -> tuple[str, ...]:
    """An EAN as it may be stored: with the leading zeros of a longer form or without."""
    digits = re.sub(f"[{_JOINERS}]", "", code)
    if not digits.isascii() or not digits.isdecimal() or len(digits) not in _EAN_LENGTHS:
        return ()
    bare = digits.lstrip("0")
    return tuple(dict.fromkeys(bare.zfill(length) for length in (len(digits), *_EAN_LENGTHS) if length >= len(bare)))


def _matched(entry: Entry, items: Sequence[_Goods]) -> Resolved:
    if len(items) > 1:
        names = tuple(item.sku for item in items[:MOST_SUGGESTIONS])
        return Resolved(entry, LineState.UNKNOWN, _("Several products fit this code."), suggestions=names)
    if not items:
        text = _("This code is not known to us or not available to you.") if entry.code else _("The code is missing.")
        return Resolved(entry, LineState.UNKNOWN, text)
    item = items[0]
    line = Resolved(entry, LineState.OK, product_id=item.pk, sku=item.sku)
    if not entry.wrong and entry.quantity is not None and not 1 <= entry.quantity <= MAX_QUANTITY:
        entry = replace(entry, wrong="huge" if entry.quantity > MAX_QUANTITY else "zero")
    if entry.wrong:
        return replace(line, state=LineState.QUANTITY, message=_quantity_message(entry.wrong))
    if entry.quantity is None:
        smallest = item.packed(1)
        return replace(line, wanted=smallest, message=_("No quantity was given: the smallest is %d.") % smallest)
    return replace(line, wanted=entry.quantity)


def _quantity_message(wrong: str) -> str:
    if wrong == "fraction":
        return _("Only whole quantities can be ordered.")
    if wrong == "unclear":
        return _("This can be read as thousands or as decimals. Write the number without comma or point.")
    return _("Enter a quantity from 1 to %d.") % MAX_QUANTITY


def _added_up(lines: Sequence[Resolved], goods: Mapping[int, _Goods]) -> list[Resolved]:
    """The quantities of a product that stands in several lines, at the first of them."""
    told = list(lines)
    places: dict[int, list[int]] = {}
    for place, line in enumerate(lines):
        if line.product_id is not None and line.wanted:
            places.setdefault(line.product_id, []).append(place)
    for same in places.values():
        if len(same) < 2:
            continue
        parts = [lines[place].wanted for place in same]
        text = _("Stands in %(count)d lines, added up: %(sum)s.") % {
            "count": len(same),
            "sum": " + ".join(str(part) for part in parts),
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
            )
    return told


def _judged(
    line: Resolved,
    goods: Mapping[int, _Goods],
    prices: Mapping[int, QuotedLine],
    free: Mapping[int, int],
    in_cart: Mapping[int, int],
) -> Resolved:
    """A line whose product and quantity are clear, rounded, priced and held against the stock."""
    if line.product_id is None or not line.wanted:
        return line
    item, priced, left = goods[line.product_id], prices[line.product_id], free.get(line.product_id, 0)
    quantity = item.packed(line.wanted)
    line = replace(line, quantity=quantity, unit_price=priced.unit_price, net_amount=priced.net_amount)
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
    return line


def _shortage(left: int, wanted: int, held: int) -> str:
    if not left and not held:
        return shortage_message(0)
    words = {"left": left, "wanted": wanted, "cart": held}
    if held:
        return _("%(left)d of %(wanted)d available beside the %(cart)d in your cart.") % words
    return _("%(left)d of %(wanted)d available.") % words


def _rounded(item: _Goods, line: Resolved) -> str:
    pack = item.pack
    words = {"then": line.wanted, "now": line.quantity, "pack": pack.multiple, "minimum": pack.minimum}
    if line.quantity < line.wanted:
        return _("%(then)d → %(now)d: that is the most in one order.") % words
    if pack.multiple > 1:
        return _("%(then)d → %(now)d: sold in packs of %(pack)d.") % words
    return _("%(then)d → %(now)d: at least %(minimum)d.") % words


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _with_suggestions(dealer: Dealer, lines: Sequence[Resolved]) -> list[Resolved]:
    """Unknown lines with up to three SKUs of the dealer's assortment that look like theirs."""
    unknown = [line for line in lines if line.state == LineState.UNKNOWN and line.entry.code and not line.suggestions]
    asked = list(dict.fromkeys(key for line in unknown if (key := code_key(line.entry.code))))[:MOST_LOOKED_UP]
    known = _candidates(dealer, asked)
    near = dict(zip(asked, _near(asked, known), strict=True))
    return [
        replace(line, suggestions=near.get(code_key(line.entry.code), ()))
        if line.state == LineState.UNKNOWN and not line.suggestions
        else line
        for line in lines
    ]


def _candidates(dealer: Dealer, keys: Sequence[str]) -> dict[str, str]:
    """`key → SKU` of what begins or ends like one of the keys. One statement."""
    alike = Q(pk__in=())
    heads = {re.escape(key[:3]) for key in keys}
    tails = {re.escape(key[-3:]) for key in keys}
    if keys:
        alike = Q(code_key__regex=f"^(?:{'|'.join(sorted(heads))})|(?:{'|'.join(sorted(tails))})$")
    products = assortment(dealer).annotate(code_key=_code_key()).filter(alike)
    return dict(products.values_list("code_key", "upc")[:MOST_CANDIDATES])


def _near(keys: Iterable[str], known: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The likest SKUs for each key, out of its neighbours in the alphabet, read forwards and backwards."""
    forwards = sorted(known)
    backwards = sorted(key[::-1] for key in known)
    found = []
    for key in keys:
        close = _around(forwards, key) + [name[::-1] for name in _around(backwards, key[::-1])]
        alike = get_close_matches(key, dict.fromkeys(close), n=MOST_SUGGESTIONS, cutoff=LEAST_ALIKE)
        longer = [name for name in close if len(key) >= MOST_SUGGESTIONS and name.startswith(key)]
        found.append(tuple(known[name] for name in list(dict.fromkeys(alike + longer))[:MOST_SUGGESTIONS]))
    return found


def _around(names: Sequence[str], key: str) -> list[str]:
    place = bisect_left(names, key)
    return list(names[max(place - NEIGHBOURS, 0) : place + NEIGHBOURS])
