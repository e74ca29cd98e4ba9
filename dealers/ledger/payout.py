"""Pay out to a dealer what its account shows in its favour."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from dealers.accounts.models import Dealer, User
from dealers.ledger.data import DocumentData, PostingRefused
from dealers.ledger.models import Account, AccountDocument, DocumentKind, Posting
from dealers.ledger.post import lock_dealers, post_document
from dealers.sentences import worded as _


def credit_of(dealer_id: int) -> Decimal:
    """What a dealer's account shows in its favour by everything posted so far; 0 when it owes."""
    posted = Posting.objects.filter(dealer=dealer_id, account=Account.RECEIVABLE).aggregate(sum=Sum("amount"))["sum"]
    return -posted if posted and posted < 0 else Decimal("0.00")


def pay_out(
    dealer: Dealer, number: str, amount: Decimal, *, on: dt.date, reference: str = "", by: User
) -> AccountDocument:
    """Note that the supplier has paid a dealer so much, under the number of the transfer.

    The same payment again changes nothing. Refused (`PostingRefused`): more than is in the dealer's favour, a number
    that is used for another payment, and what `post_document` refuses.
    """
    data = DocumentData(
        kind=DocumentKind.PAYOUT,
        number=number.strip(),
        dealer=dealer,
        issue_date=on,
        due_date=on,
        currency=dealer.currency,
        net=amount,
        tax=Decimal(0),
        total=amount,
        reference=reference.strip(),
        by=by,
    )
    with transaction.atomic():
        lock_dealers({dealer.pk})
        known = AccountDocument.objects.filter(kind=DocumentKind.PAYOUT, number=data.number).exists()
        credit = credit_of(dealer.pk)
        if not known and amount > credit:
            raise PostingRefused(
                _("Only %(credit)s is in favour of dealer %(dealer)s; no more can be paid out.")
                % {"credit": credit, "dealer": dealer.number}
            )
        return post_document(data)
