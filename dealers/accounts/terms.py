"""Changing the terms a dealer buys on; every change leaves a row that says who, when, from what and to what."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import Dealer, DealerChange, User

TERMS = (
    "credit_limit",
    "payment_terms_days",
    "tax_percent",
    "po_number_required",
    "group",
    "shows_margin",
    "sales_rep",
    "is_active",
)


class TermsChanged(Exception):
    """Somebody changed the dealer since the values were read; nothing was written. `last` is what they did."""

    def __init__(self, last: DealerChange) -> None:
        self.message = _(
            "%(who)s changed this dealer while you had the page open. Check the values and save again."
        ) % {"who": last.by_name}
        super().__init__(str(self.message))
        self.last = last


def last_change(dealer: Dealer) -> int:
    """What a form remembers of a dealer, to notice that somebody else came first; 0 when nothing ever changed."""
    return DealerChange.objects.filter(dealer=dealer).values_list("pk", flat=True).first() or 0


def change_terms(dealer_id: int, values: Mapping[str, Any], *, by: User, seen: int | None = None) -> list[DealerChange]:
    """Write the terms that differ and leave one `DealerChange` each; the same values again change nothing.

    `seen` is `last_change` as the editor read it: `TermsChanged` when there is a newer one and something would be
    written. Refuses (ValueError) a field that is not one of `TERMS`. Amounts are in the dealer's currency.
    """
    unknown = set(values) - set(TERMS)
    if unknown:
        raise ValueError(f"Not a term of a dealer: {min(unknown)}.")
    with transaction.atomic():
        dealer = Dealer.objects.select_for_update(of=("self",)).select_related("sales_rep", "group").get(pk=dealer_id)
        changes = [
            DealerChange(dealer=dealer, by=by, by_name=by.get_full_name(), field=field, old=old, new=new)
            for field in TERMS
            if field in values
            and (old := _stored(getattr(dealer, field))) != (new := _stored(_exact(dealer, field, values[field])))
        ]
        if not changes:
            return []
        last = DealerChange.objects.filter(dealer=dealer).first()
        if seen is not None and last is not None and last.pk != seen:
            raise TermsChanged(last)
        for change in changes:
            setattr(dealer, change.field, values[change.field])
        dealer.save(update_fields=[change.field for change in changes])
        return DealerChange.objects.bulk_create(changes)


def _exact(dealer: Dealer, field: str, value: Any) -> Any:
    """Decimals with the places of their column, so that 10 and 10.00 are the same."""
    column = dealer._meta.get_field(field)
    if isinstance(column, models.DecimalField):
        return Decimal(value).quantize(Decimal(1).scaleb(-column.decimal_places))
    return value


def _stored(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(getattr(value, "code", value))
