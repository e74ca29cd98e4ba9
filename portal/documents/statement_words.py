"""The words of a statement, the same on screen, in Excel and in PDF."""

from __future__ import annotations

from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dealers.ledger.models import DocumentKind
from dealers.statements.ageing import Ageing
from dealers.statements.statement import REVERSAL

MOVEMENTS: dict[str, str | Promise] = {
    **{kind.value: kind.label for kind in DocumentKind},
    REVERSAL: _("Reversal"),
    "": _("Entry"),
}

AGEING_COLUMNS: tuple[str | Promise, ...] = (
    _("Not yet due"),
    _("1–30 days overdue"),
    _("31–60 days overdue"),
    _("61–90 days overdue"),
    _("Over 90 days overdue"),
    _("Unallocated credit"),
)

#: The same for a list with little room under a heading that says what they are.
AGEING_SHORT: tuple[str | Promise, ...] = (
    _("Not yet due"),
    _("1–30 days"),
    _("31–60 days"),
    _("61–90 days"),
    _("Over 90 days"),
    _("Unallocated"),
)


def movement_word(kind: str) -> str:
    """What kind of movement this is."""
    return str(MOVEMENTS.get(kind, kind))


def ageing_parts(ageing: Ageing) -> list[tuple[str, Decimal]]:
    """Each column of an ageing with its heading, youngest first, unallocated credit last."""
    return [(str(word), amount) for word, amount in zip(AGEING_COLUMNS, ageing.columns, strict=True)]


def reference_words(reference: str, order_numbers: tuple[str, ...]) -> str:
    """Reference and order numbers in one cell."""
    orders = ", ".join(order_numbers)
    if orders:
        orders = gettext("Orders: %(orders)s") % {"orders": orders}
    return " · ".join(part for part in (reference, orders) if part)
