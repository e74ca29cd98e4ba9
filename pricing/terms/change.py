"""Changing one price by hand: recorded in the person's name, and formula lists follow in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from dealers.accounts.models import User
from pricing.quote import valid_on
from pricing.terms.audit import acting
from pricing.terms.derive import derive
from pricing.terms.models import Price, PriceList

SOURCE = "console"


class PriceRefused(Exception):
    """A price that cannot be written so; `field` is its form field, or empty."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


@dataclass(frozen=True)
class NewPrice:
    """A price to add: per sales unit, in the list's currency, on days from `valid_from` to `valid_to` inclusive."""

    product: Any
    min_quantity: int
    price: Decimal
    valid_from: date | None = None
    valid_to: date | None = None


def moved_far(before: Decimal, after: Decimal) -> Decimal | None:
    """By how many percent (one decimal) a price moves when that is more than a slip of the finger should do without
    being asked for again; None when it is not. See settings.PRICE_ASKS_FROM_PERCENT."""
    percent = (after - before) * 100 / before
    return percent.quantize(Decimal("0.1"), ROUND_HALF_UP) if abs(percent) > settings.PRICE_ASKS_FROM_PERCENT else None


def moves_far() -> Q:
    """The condition that a `PriceChange` moved its price so far."""
    share = Decimal(settings.PRICE_ASKS_FROM_PERCENT) / 100
    return Q(new_price__gt=F("old_price") * (1 + share)) | Q(new_price__lt=F("old_price") * (1 - share))


def standing_price(price_list: PriceList, new: NewPrice, today: date) -> Price | None:
    """What the list's price for the same product and quantity is on the day the new one starts, or today."""
    day = max(new.valid_from or today, today)
    same = Price.objects.filter(valid_on(day), price_list=price_list, product=new.product)
    return same.filter(min_quantity=new.min_quantity).order_by(F("valid_from").desc(nulls_last=True)).first()


def add_price(price_list: PriceList, new: NewPrice, *, by: User) -> Price:
    """Add a price. Refuses (PriceRefused) a list whose prices are worked out, and a place that is taken."""
    _require_open(price_list)
    _require_order(new.valid_from, new.valid_to)
    with acting(by, SOURCE):
        made, is_new = Price.objects.get_or_create(
            price_list=price_list,
            product=new.product,
            min_quantity=new.min_quantity,
            valid_from=new.valid_from,
            defaults={"price": new.price, "valid_to": new.valid_to},
        )
        if not is_new:
            message = _("There is a price for this SKU, quantity and first day. Change that one, or start another day.")
            raise PriceRefused(message, "sku")
        derive(price_lists=[price_list.pk], products=[new.product.pk])
    return made


def change_price(
    pk: int, price: Decimal, valid_to: date | None, *, seen: tuple[Decimal, date | None], by: User
) -> bool:
    """Change what a price is and its last day; whether that differs from what was stored.

    Refuses (PriceRefused) when somebody changed it since `seen` was shown, or took it away.
    """
    with acting(by, SOURCE):
        stored = _locked(pk)
        if (stored.price, stored.valid_to) != seen:
            raise PriceRefused(_("Somebody else changed this price meanwhile. Look at it again."))
        _require_order(stored.valid_from, valid_to)
        if (stored.price, stored.valid_to) == (price, valid_to):
            return False
        stored.price, stored.valid_to = price, valid_to
        stored.save(update_fields=["price", "valid_to"])
        derive(price_lists=[stored.price_list_id], products=[stored.product_id])
    return True


def end_price(pk: int, today: date, *, by: User) -> bool:
    """Let a price hold until today; one that starts later is taken away. Whether anything was to do."""
    with acting(by, SOURCE):
        stored = _locked(pk)
        if stored.valid_from is not None and stored.valid_from > today:
            stored.delete()
        elif stored.valid_to is None or stored.valid_to > today:
            stored.valid_to = today
            stored.save(update_fields=["valid_to"])
        else:
            return False
        derive(price_lists=[stored.price_list_id], products=[stored.product_id])
    return True


@transaction.atomic
def _locked(pk: int) -> Price:
    stored = Price.objects.select_for_update(of=("self",)).select_related("price_list").filter(pk=pk).first()
    if stored is None:
        raise PriceRefused(_("This price is not there any more."))
    _require_open(stored.price_list)
    return stored


def _require_open(price_list: PriceList) -> None:
    if not price_list.takes_prices:
        raise PriceRefused(_("The prices of this list are worked out from others. Change those."))


def _require_order(start: date | None, end: date | None) -> None:
    if start and end and end < start:
        raise PriceRefused(_("This day is before the first one. Correct one of the two."), "valid_to")
