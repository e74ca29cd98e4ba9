"""Documents for the tests of the ledger and the statements."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from dealers.accounts.models import Dealer
from dealers.ledger.data import DocumentData
from dealers.ledger.models import AccountDocument
from dealers.ledger.post import post_document

DAY = dt.date(2026, 3, 10)


def document(
    kind: str, number: str, dealer: Dealer, total: str | Decimal, on: dt.date = DAY, **more: Any
) -> DocumentData:
    """A document without tax; an invoice is due after 30 days unless told otherwise."""
    amount = Decimal(total)
    values: dict[str, Any] = {"net": amount, "tax": Decimal(0), "total": amount, "currency": dealer.currency}
    if kind == "invoice":
        values["due_date"] = on + dt.timedelta(days=30)
    return DocumentData(kind=kind, number=number, dealer=dealer, issue_date=on, **(values | more))


def invoice(number: str, dealer: Dealer, total: str | Decimal, on: dt.date = DAY, **more: Any) -> AccountDocument:
    """A posted invoice."""
    return post_document(document("invoice", number, dealer, total, on, **more))


def payment(number: str, dealer: Dealer, total: str | Decimal, on: dt.date = DAY, **more: Any) -> AccountDocument:
    """A posted payment."""
    return post_document(document("payment", number, dealer, total, on, **more))


def credit_note(number: str, dealer: Dealer, total: str | Decimal, on: dt.date = DAY, **more: Any) -> AccountDocument:
    """A posted credit note."""
    return post_document(document("credit_note", number, dealer, total, on, **more))
