"""Bring what dealers earned by consumer orders to their accounts: settlements, corrections, overrides, penalties."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from dealers.accounts.models import Dealer, User
from dealers.ledger.data import DocumentData, PostingRefused
from dealers.ledger.models import Account, AccountDocument, DocumentKind, Posting
from dealers.ledger.post import lock_dealers, post_document
from fulfilment.allocation import held
from fulfilment.allocation.models import Allocation, AllocationState, UnclaimRequest
from fulfilment.settlement.models import ConsumerEntry, EntryKind

logger = logging.getLogger(__name__)

#: What dealers own until it is settled, with the letters that begin the numbers of the documents.
PAYABLES = {Account.DEALER_PAYABLE: "CS", Account.OVERRIDE_PAYABLE: "CT"}
PENALTY = "CP"


@dataclass(frozen=True, slots=True)
class Payable:
    """What a dealer owns of an allocation and is not on its account yet; below zero: what it has to give back."""

    dealer: Dealer
    account: Account
    amount: Decimal


def settle_due(today: dt.date, *, by: User | None = None) -> int:
    """Settle every allocation whose money has become payable, and book penalties that were granted; how many were.

    Each in a transaction of its own, in the order in which they became payable; what the ledger refuses is logged and
    tried again next time. Repeating changes nothing.
    """
    due = Allocation.objects.filter(state=AllocationState.COMPLETED, payable_on__lte=today)
    done = 0
    for pk in list(due.order_by("payable_on", "pk").values_list("pk", flat=True)):
        try:
            done += settle(pk, today, by=by)
        except PostingRefused as why:
            logger.error("allocation %s not settled: %s", pk, why.message)
    granted = UnclaimRequest.objects.filter(granted=True, penalty__gt=0)
    booked = ConsumerEntry.objects.filter(kind=EntryKind.PENALTY).values("allocation")
    for pk in list(granted.exclude(allocation__in=booked).order_by("pk").values_list("pk", flat=True)):
        try:
            done += book_penalty(pk, today, by=by)
        except PostingRefused as why:
            logger.error("penalty of request %s not booked: %s", pk, why.message)
    return done


def settle(allocation_id: int, today: dt.date, *, by: User | None = None) -> bool:
    """Bring an allocation's money to the accounts of its dealer and of territory owners; False when it is not due."""
    with transaction.atomic():
        allocation = held.lock(allocation_id)
        due = allocation.payable_on
        if allocation.state != AllocationState.COMPLETED or due is None or due > today:
            return False
        documents = bring(allocation, today, by=by)
        held.settled(allocation, by=by, note=", ".join(document.number for document in documents))
    return True


def bring(allocation: Allocation, today: dt.date, *, by: User | None) -> list[AccountDocument]:
    """Bring what is not on the dealers' accounts yet of a locked allocation there; nothing left: no document."""
    found = payables(allocation.pk)
    lock_dealers({each.dealer.pk for each in found})
    before = AccountDocument.objects.filter(journal__consumer_entry__allocation=allocation)
    numbers = list(before.values_list("number", flat=True)) if found else []
    documents = []
    for each in found:
        number = _number(PAYABLES[each.account], allocation.pk, numbers)
        numbers.append(number)
        document = post_document(_data(allocation, each.dealer, number, each.amount, each.account, today, by))
        _note(document, allocation, EntryKind.SETTLEMENT)
        documents.append(document)
    return documents


def payables(allocation_id: int) -> list[Payable]:
    """What each dealer owns of an allocation and is not on its account yet, by account and dealer."""
    sums = (
        Posting.objects.filter(journal__consumer_entry__allocation=allocation_id, account__in=PAYABLES)
        .order_by("account", "dealer")
        .values_list("account", "dealer")
        .annotate(sum=Sum("amount"))
    )
    owed = [(str(account), dealer_id, -amount) for account, dealer_id, amount in sums if amount]
    dealers = Dealer.objects.in_bulk([dealer_id for _account, dealer_id, _amount in owed])
    return [Payable(dealers[dealer_id], Account(account), amount) for account, dealer_id, amount in owed]


def book_penalty(request_id: int, today: dt.date, *, by: User | None = None) -> bool:
    """Charge a dealer the penalty for leaving what it had accepted; once. False when there is none."""
    with transaction.atomic():
        allocation = held.lock(UnclaimRequest.objects.values_list("allocation", flat=True).get(pk=request_id))
        request = UnclaimRequest.objects.get(pk=request_id)
        booked = ConsumerEntry.objects.filter(allocation=allocation, kind=EntryKind.PENALTY).exists()
        if booked or not request.granted or not request.penalty:
            return False
        number, owed = _number(PENALTY, allocation.pk, []), -request.penalty
        document = post_document(_data(allocation, allocation.dealer, number, owed, Account.PENALTY_INCOME, today, by))
        _note(document, allocation, EntryKind.PENALTY)
    return True


def _number(letters: str, allocation_id: int, numbers: list[str]) -> str:
    """`CS-000012`, the next ones of the same allocation `CS-000012-2` and so on."""
    stem = f"{letters}-{allocation_id:06d}"
    before = sum(1 for number in numbers if number == stem or number.startswith(f"{stem}-"))
    return f"{stem}-{before + 1}" if before else stem


def _data(
    allocation: Allocation,
    dealer: Dealer,
    number: str,
    amount: Decimal,
    account: Account,
    today: dt.date,
    by: User | None,
) -> DocumentData:
    """The document of an amount in the dealer's favour, below zero: of what it owes; due by its payment terms."""
    favourable = amount > 0
    order = allocation.order
    return DocumentData(
        kind=DocumentKind.SETTLEMENT if favourable else DocumentKind.SETTLEMENT_CORRECTION,
        number=number,
        dealer=dealer,
        issue_date=today,
        due_date=None if favourable else today + dt.timedelta(days=dealer.payment_terms_days),
        currency=order.currency,
        net=abs(amount),
        tax=Decimal("0.00"),
        total=abs(amount),
        order_numbers=(order.external_number,),
        reference=order.channel.name,
        contra=account,
        by=by,
    )


def _note(document: AccountDocument, allocation: Allocation, kind: EntryKind) -> None:
    ConsumerEntry.objects.create(
        journal_id=document.journal_id, kind=kind, order_id=allocation.order_id, allocation=allocation
    )
