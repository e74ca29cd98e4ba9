"""What a code names for a dealer: a SKU, the dealer's own number, an EAN of a piece or of a carton."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Replace, Upper
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from pricing.catalogue.models import ProductCard, Unit
from pricing.catalogue.units import ScannedUnit, units_by_ean
from pricing.numbers.lookup import products_by_number
from pricing.quote import assortment
from pricing.selling.packs import packs_for
from pricing.selling.rules import Pack

Product = get_model("catalogue", "Product")

_JOINERS = " _-"
_EAN_LENGTHS = (8, 12, 13, 14)


class Goods(NamedTuple):
    """A product of the dealer's assortment: how it is sold, and what one sales unit weighs in kilograms."""

    pk: int
    sku: str
    pack: Pack
    unit: str = Unit.PIECE.value
    weight_kg: Decimal | None = None

    def packed(self, quantity: int) -> int:
        """The quantity that can be ordered for one that was asked for."""
        return self.pack.fitted(quantity)


class Named(NamedTuple):
    """What a code names. `unit` is the packing unit whose EAN it is, of which each holds `factor` sales units."""

    goods: Goods
    unit: str = ""
    factor: int = 1


@dataclass
class _Known:
    """Products that were read, by what they may be called."""

    by_pk: dict[int, Goods] = field(default_factory=dict)
    by_ean: dict[str, list[Goods]] = field(default_factory=dict)
    by_key: dict[str, list[Goods]] = field(default_factory=dict)

    def read(self, products: QuerySet[Any]) -> None:
        columns = ("pk", "upc", "card__minimum_quantity", "card__order_multiple", "card__ean", "card__unit")
        rows = products.order_by("pk").values_list(*columns, "card__weight_kg")
        for pk, sku, minimum, multiple, ean, unit, weight in rows:
            item = Goods(pk, sku, Pack(minimum or 1, multiple or 1), unit or Unit.PIECE.value, weight)
            self.by_pk[pk] = item
            self.by_key.setdefault(code_key(sku), []).append(item)
            if ean:
                self.by_ean.setdefault(ean, []).append(item)


def find_codes(dealer: Dealer, codes: Iterable[str]) -> dict[str, tuple[Named, ...]]:
    """What each code names: one product, several when it is not clear which, none when it is unknown.

    A code is a SKU exactly, else one of the dealer's own item numbers, else the EAN of a product or of a packing unit,
    else a SKU but for case, spaces and dashes; within the dealer's assortment: what is outside is unknown. A constant
    number of statements.
    """
    asked = {code for code in codes if code}
    known = _Known()
    known.read(assortment(dealer, among=Product.objects.filter(upc__in=asked).values("pk")))
    found: dict[str, tuple[Named, ...]] = {item.sku: (Named(item),) for item in known.by_pk.values()}
    found |= _by_numbers(dealer, asked - set(found))
    found |= _by_look(dealer, asked - set(found))
    return _with_packs(dealer, found)


def code_key(code: str) -> str:
    """A code without what people leave out or change in it: case, spaces, dashes."""
    return re.sub(f"[{_JOINERS}]", "", code).upper()


def key_of_sku() -> Upper:
    """`code_key` of a product's SKU, for the database."""
    expression: F | Replace = F("upc")
    for joiner in _JOINERS:
        expression = Replace(expression, Value(joiner), Value(""))
    return Upper(expression, output_field=CharField())


def _by_numbers(dealer: Dealer, codes: set[str]) -> dict[str, tuple[Named, ...]]:
    own = products_by_number(dealer, codes)
    eans = {code: forms for code in codes - set(own) if (forms := _ean_forms(code))}
    every = {form for forms in eans.values() for form in forms}
    cartons = units_by_ean(every) if every else {}
    known = _Known()
    wanted = {*own.values(), *(carton.product_id for carton in cartons.values())}
    if wanted or every:
        scanned = ProductCard.objects.filter(ean__in=every).values("product")
        known.read(assortment(dealer, among=Product.objects.filter(pk__in=wanted).values("pk").union(scanned)))
    found: dict[str, tuple[Named, ...]] = {
        code: (Named(known.by_pk[pk]),) for code, pk in own.items() if pk in known.by_pk
    }
    found |= {code: names for code, forms in eans.items() if (names := _scanned(forms, known, cartons))}
    return found


def _scanned(forms: Iterable[str], known: _Known, cartons: Mapping[str, ScannedUnit]) -> tuple[Named, ...]:
    names = {item.pk: Named(item) for form in forms for item in known.by_ean.get(form, ())}
    for form in forms:
        carton = cartons.get(form)
        if carton is not None and carton.product_id in known.by_pk:
            names.setdefault(carton.product_id, Named(known.by_pk[carton.product_id], carton.unit, carton.factor))
    return tuple(names.values())


def _by_look(dealer: Dealer, codes: set[str]) -> dict[str, tuple[Named, ...]]:
    keys = {code: key for code in codes if (key := code_key(code))}
    if not keys:
        return {}
    known = _Known()
    alike = Product.objects.annotate(code_key=key_of_sku()).filter(code_key__in=set(keys.values()))
    known.read(assortment(dealer, among=alike.values("pk")))
    return {code: tuple(Named(item) for item in known.by_key[key]) for code, key in keys.items() if key in known.by_key}


def _with_packs(dealer: Dealer, found: Mapping[str, tuple[Named, ...]]) -> dict[str, tuple[Named, ...]]:
    """The same with the packs that the rules give this dealer instead of the cards' own."""
    every = [name.goods for names in found.values() for name in names]
    cards = {item.pk: (item.pack.minimum, item.pack.multiple) for item in every}
    packs = packs_for(dealer, cards, cards=cards)
    return {
        code: tuple(name._replace(goods=name.goods._replace(pack=packs[name.goods.pk])) for name in names)
        for code, names in found.items()
    }


def _ean_forms(code: str) -> tuple[str, ...]:
    """An EAN as it may be stored: with the leading zeros of a longer form or without."""
    digits = re.sub(f"[{_JOINERS}]", "", code)
    if not digits.isascii() or not digits.isdecimal() or len(digits) not in _EAN_LENGTHS:
        return ()
    bare = digits.lstrip("0")
    return tuple(dict.fromkeys(bare.zfill(length) for length in (len(digits), *_EAN_LENGTHS) if length >= len(bare)))
