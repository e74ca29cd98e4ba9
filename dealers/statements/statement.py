"""The account between supplier and dealer: statements for a period, balances, what is overdue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.db.models import Sum
from django.utils import timezone

from dealers.accounts.models import Dealer
from dealers.ledger.models import Account, Posting
from dealers.statements.ageing import ZERO, Ageing, OpenItem, age, allocate
from dealers.statements.reading import Moved, read_books, read_open_items

REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a statement. `kind` is a `DocumentKind` or "reversal"; exactly one of debit and credit is above zero.

    A reversal names the document it takes back; its `reference` is the reason.
    """

    date: dt.date
    kind: str
    number: str
    document_id: int | None
    reference: str
    order_numbers: tuple[str, ...]
    due_date: dt.date | None
    debit: Decimal
    credit: Decimal
    balance: Decimal


@dataclass(frozen=True)
class Statement:
    """A dealer's account from `start` to `end`, both included, in the dealer's currency.

    closing = opening + total_debit − total_credit = the sum of `ageing`, which is as of `end`.
    """

    dealer: Dealer
    start: dt.date
    end: dt.date
    opening: Decimal
    movements: tuple[Movement, ...]
    total_debit: Decimal
    total_credit: Decimal
    closing: Decimal
    ageing: Ageing
    open_items: tuple[OpenItem, ...]

    @property
    def currency(self) -> str:
        """The currency of every amount."""
        return self.dealer.currency

    @cached_property
    def number(self) -> str:
        """The statement's own number: the dealer and the period, the same each time it is drawn up."""
        return f"{self.dealer.number}-{self.start:%Y%m%d}-{self.end:%Y%m%d}"


@dataclass(frozen=True, slots=True)
class OpenAmounts:
    """What a dealer owes on a day, in its own currency; `items` are the documents behind it."""

    ageing: Ageing
    items: tuple[OpenItem, ...]

    @property
    def balance(self) -> Decimal:
        """Everything open, less unallocated credit."""
        return self.ageing.balance

    @property
    def overdue(self) -> Decimal:
        """What should have been paid by now."""
        return self.ageing.overdue


NOTHING_OPEN = OpenAmounts(Ageing(), ())


def statement(dealer: Dealer, start: dt.date, end: dt.date) -> Statement:
    """Draw up the dealer's account for a period, in one SQL statement however many movements it has.

    Refuses a period that ends before it starts.
    """
    if end < start:
        raise ValueError("A period cannot end before it starts.")
    books = read_books(dealer.pk, start, end)
    movements, closing = _running(books.moved, books.opening)
    items = allocate(books.left_over)
    return Statement(
        dealer=dealer,
        start=start,
        end=end,
        opening=books.opening + ZERO,
        movements=movements,
        total_debit=sum((movement.debit for movement in movements), ZERO),
        total_credit=sum((movement.credit for movement in movements), ZERO),
        closing=closing,
        ageing=age(items, end),
        open_items=tuple(item for item in items if item.left),
    )


def balance(dealer: Dealer) -> Decimal:
    """What the dealer owes by everything posted so far, also documents dated ahead; negative when we owe the dealer."""
    posted = Posting.objects.filter(dealer=dealer, account=Account.RECEIVABLE).aggregate(sum=Sum("amount"))["sum"]
    return (posted or Decimal(0)) + ZERO


def overdue(dealer: Dealer, on: dt.date | None = None) -> Decimal:
    """What the dealer should have paid before `on` (today) and has not."""
    return open_amounts([dealer.pk], on)[dealer.pk].overdue


def open_amounts(dealer_ids: Collection[int], on: dt.date | None = None) -> dict[int, OpenAmounts]:
    """Each dealer's balance, ageing and open documents on a day (today), in one SQL statement for any number."""
    on = on or timezone.localdate()
    found = read_open_items(dealer_ids, on)
    result = dict.fromkeys(dealer_ids, NOTHING_OPEN)
    for dealer_id, left_over in found.items():
        items = allocate(left_over)
        result[dealer_id] = OpenAmounts(age(items, on), tuple(item for item in items if item.left))
    return result


def _running(moved: list[Moved], opening: Decimal) -> tuple[tuple[Movement, ...], Decimal]:
    balance, movements = opening + ZERO, []
    for move in moved:
        balance += move.amount
        movements.append(
            Movement(
                date=move.date,
                kind=move.kind,
                number=move.number,
                document_id=move.document_id,
                reference=move.reference,
                order_numbers=move.order_numbers,
                due_date=move.due_date,
                debit=max(move.amount, ZERO),
                credit=max(-move.amount, ZERO),
                balance=balance,
            )
        )
    return tuple(movements), balance
