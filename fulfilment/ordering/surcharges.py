"""Surcharges on orders: what is written down of them, and what to tell of those that changed since they were shown."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from fulfilment.ordering.freight import OrderAmounts
from fulfilment.ordering.models import DealerOrder, OrderSurcharge
from pricing.catalogue.models import reads_chinese
from pricing.surcharges.models import Surcharge
from pricing.surcharges.rules import Charge

Mirror = get_model("order", "Surcharge")

NOTHING = Decimal("0.00")


def write_surcharges(order: DealerOrder, amounts: OrderAmounts) -> None:
    """Keep what the order is charged, in Oscar's table and beside it: two statements, none without surcharges."""
    if not amounts.surcharges:
        return
    mirrors = Mirror.objects.bulk_create(
        Mirror(
            order_id=order.pk,
            code=charge.code,
            name=charge.name,
            excl_tax=charge.net,
            incl_tax=charge.net + tax,
        )
        for charge, tax in zip(amounts.surcharges, amounts.surcharge_taxes(order.currency), strict=True)
    )
    OrderSurcharge.objects.bulk_create(
        OrderSurcharge(surcharge=mirror, order=order, name_zh=charge.name_zh)
        for mirror, charge in zip(mirrors, amounts.surcharges, strict=True)
    )


def surcharge_changes(shown: Mapping[str, Decimal] | None, now: tuple[Charge, ...], currency: str) -> list[str]:
    """A sentence for each surcharge that is not what was shown, by code; none where nothing is known of what was.

    One that is gone is asked for its name: one statement then.
    """
    if shown is None:
        return []
    charged = {charge.code: charge for charge in now}
    gone = [code for code, amount in shown.items() if amount and code not in charged]
    names = {found.code: found.display_name for found in Surcharge.objects.filter(code__in=gone)} if gone else {}
    found = [
        _sentence(surcharge_name(charge), shown.get(charge.code), charge.net, currency)
        for charge in now
        if shown.get(charge.code) != charge.net
    ]
    return found + [_sentence(names.get(code, code), shown[code], None, currency) for code in gone]


def surcharge_name(charge: Charge) -> str:
    """The surcharge's name in the reader's language."""
    return charge.name_zh if charge.name_zh and reads_chinese() else charge.name


def _sentence(name: str, then: Decimal | None, now: Decimal | None, currency: str) -> str:
    words = {"name": name, "then": f"{then or NOTHING:,.2f}", "now": f"{now or NOTHING:,.2f}", "currency": currency}
    if then is None:
        return _("%(name)s of %(now)s %(currency)s is new.") % words
    if now is None:
        return _("%(name)s of %(then)s %(currency)s is no longer charged.") % words
    return _("%(name)s was %(then)s and is now %(now)s %(currency)s.") % words
