"""Post a document, reverse a journal. With `entries` the only way into the ledger."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from dealers.accounts.models import Dealer, User
from dealers.ledger.data import DocumentData, LineData, PostingRefused
from dealers.ledger.models import (
    DEBITS,
    Account,
    AccountDocument,
    DocumentKind,
    DocumentLine,
    Journal,
    Posting,
    Settlement,
)
from dealers.sentences import worded as _

__all__ = ["DocumentData", "LineData", "PostingRefused", "post_document", "reverse"]

REVERSAL = "reversal"
ONCE = frozenset({"post_each_source_once", "one_document_per_kind_and_number"})


def post_document(data: DocumentData) -> AccountDocument:
    """Post a document with its balanced journal, and return it.

    Posting the same data under the same kind and number again changes nothing and returns the first document. Refused
    (`PostingRefused`, nothing written): other data under a number already used, a source that already brought another
    document, a foreign currency, amounts that do not add up, settlements of unknown, reversed or other dealers'
    invoices, and settling more than an invoice's total. Holds a lock on the dealer until the transaction ends: who
    posts for several dealers in one transaction takes them by primary key.
    """
    data.check()
    try:
        with transaction.atomic():
            return _post(data)
    except IntegrityError as why:
        if constraint_of(why) not in ONCE:
            raise
    # Another dealer's document took the number or the source between our look and our write; now we can see which.
    with transaction.atomic():
        return _post(data)


def reverse(journal: Journal, *, reason: str, by: User | None, on: dt.date | None = None) -> Journal:
    """Post the mirror image of a journal, dated `on` (today), and return it; a second call returns the first reversal.

    Refuses to reverse a reversal, to reverse without a reason, and to date it before the journal itself.
    """
    on = on or timezone.localdate()
    if not reason.strip():
        raise PostingRefused(_("Say why the entry is reversed."))
    if journal.reverses_id:
        raise PostingRefused(_("A reversal cannot be reversed. Post the document again under a new number."))
    if on < journal.date:
        raise PostingRefused(_("An entry cannot be reversed before its own date, %(date)s.") % {"date": journal.date})
    with transaction.atomic():
        postings = list(Posting.objects.filter(journal=journal).order_by("pk"))
        lock_dealers({posting.dealer_id for posting in postings if posting.dealer_id})
        done = Journal.objects.filter(reverses=journal).first()
        if done:
            return done
        mirror = Journal.objects.create(
            source_kind=REVERSAL,
            source_key=str(journal.pk),
            date=on,
            currency=journal.currency,
            description=reason.strip()[:300],
            reverses=journal,
            posted_by=by,
        )
        Posting.objects.bulk_create(
            Posting(journal=mirror, account=leg.account, dealer_id=leg.dealer_id, amount=-leg.amount)
            for leg in postings
        )
        return mirror


def lock_dealers(dealer_ids: set[int]) -> None:
    """Hold the dealers' rows until the transaction ends, in primary-key order, so that two posters never deadlock."""
    locked = Dealer.objects.filter(pk__in=dealer_ids).order_by("pk").select_for_update(no_key=True)
    list(locked.values_list("pk", flat=True))


def _post(data: DocumentData) -> AccountDocument:
    lock_dealers({data.dealer.pk})
    earlier = AccountDocument.objects.filter(kind=data.kind, number=data.number).first()
    if earlier:
        _require_same(earlier, data)
        return earlier
    key = data.source_key or data.number
    brought = AccountDocument.objects.filter(journal__source_kind=data.kind, journal__source_key=key).first()
    if brought:
        raise PostingRefused(
            _("The source %(key)s already brought %(number)s; it cannot also bring %(other)s.")
            % {"key": key, "number": brought.number, "other": data.number}
        )
    invoices = _settleable(data)
    document = _write(data, key)
    Settlement.objects.bulk_create(
        Settlement(credit=document, invoice=invoices[number], amount=amount)
        for number, amount in data.settled().items()
    )
    return document


def _write(data: DocumentData, key: str) -> AccountDocument:
    journal = Journal.objects.create(
        source_kind=data.kind, source_key=key, date=data.issue_date, currency=data.currency, posted_by=data.by
    )
    Posting.objects.bulk_create(
        Posting(journal=journal, account=account, amount=amount, dealer=data.dealer)
        for account, amount in _legs(data)
        if amount
    )
    document = AccountDocument.objects.create(
        kind=data.kind,
        number=data.number,
        dealer=data.dealer,
        issue_date=data.issue_date,
        due_date=data.due_date,
        currency=data.currency,
        net_amount=data.net,
        tax_amount=data.tax,
        total=data.total,
        order_numbers=list(data.order_numbers),
        reference=data.reference,
        note=data.note,
        journal=journal,
    )
    DocumentLine.objects.bulk_create(
        DocumentLine(
            document=document,
            position=line.position,
            sku=line.sku,
            description=line.description,
            quantity=line.quantity,
            unit_price=line.unit_price,
            net_amount=line.net_amount,
            order_number=line.order_number,
        )
        for line in data.stored_lines()
    )
    return document


def _legs(data: DocumentData) -> tuple[tuple[str, Decimal], ...]:
    if data.kind == DocumentKind.PAYMENT:
        return (Account.BANK, data.total), (Account.RECEIVABLE, -data.total)
    if data.kind == DocumentKind.PAYOUT:
        return (Account.RECEIVABLE, data.total), (Account.BANK, -data.total)
    sign = 1 if data.kind in DEBITS else -1
    if data.contra:
        return (Account.RECEIVABLE, sign * data.total), (data.contra, -sign * data.total)
    return (
        (Account.RECEIVABLE, sign * data.total),
        (Account.REVENUE, -sign * data.net),
        (Account.TAX, -sign * data.tax),
    )


def _settleable(data: DocumentData) -> dict[str, AccountDocument]:
    """The invoices this credit settles, by number; refuses those without enough left. Under the dealer's lock."""
    wanted = data.settled()
    if not wanted:
        return {}
    standing = Q(settled_by__credit__journal__reversed_by__isnull=True)
    invoices = AccountDocument.objects.filter(
        kind=DocumentKind.INVOICE, number__in=wanted, dealer=data.dealer, journal__reversed_by__isnull=True
    )
    found = {invoice.number: invoice for invoice in invoices}
    settled = dict(invoices.annotate(sum=Sum("settled_by__amount", filter=standing)).values_list("pk", "sum"))
    for number, amount in wanted.items():
        invoice = found.get(number)
        if invoice is None:
            raise PostingRefused(
                _("%(credit)s settles invoice %(number)s, which dealer %(dealer)s does not have, or no longer has.")
                % {"credit": data.number, "number": number, "dealer": data.dealer.number}
            )
        left = invoice.total - (settled[invoice.pk] or Decimal(0))
        if amount > left:
            raise PostingRefused(
                _("%(credit)s sets %(amount)s against invoice %(number)s, of which only %(left)s is left to pay.")
                % {"credit": data.number, "amount": amount, "number": number, "left": left}
            )
    return found


def _require_same(earlier: AccountDocument, data: DocumentData) -> None:
    differing = [name for name, same in _comparison(earlier, data) if not same]
    if differing:
        raise PostingRefused(
            _(
                "%(kind)s %(number)s is already posted with other data (%(fields)s). "
                "Give a changed document a new number."
            )
            % {
                "kind": DocumentKind(data.kind).label,
                "number": data.number,
                "fields": ", ".join(differing),
            }
        )


def _comparison(earlier: AccountDocument, data: DocumentData) -> list[tuple[str, bool]]:
    meta = AccountDocument._meta
    fields = {
        "issue_date": data.issue_date,
        "due_date": data.due_date,
        "currency": data.currency,
        "net_amount": data.net,
        "tax_amount": data.tax,
        "total": data.total,
        "order_numbers": list(data.order_numbers),
        "reference": data.reference,
        "note": data.note,
    }
    result: list[tuple[str, bool]] = [(_("dealer"), earlier.dealer_id == data.dealer.pk)]
    result += [
        (str(getattr(meta.get_field(name), "verbose_name", name)), getattr(earlier, name) == value)
        for name, value in fields.items()
    ]
    result.append((_("lines"), _lines_of(earlier) == data.stored_lines()))
    settled = dict(earlier.settles.values_list("invoice__number", "amount"))
    result.append((_("settlements"), settled == data.settled()))
    if data.contra:
        result.append((_("account"), earlier.journal.postings.filter(account=data.contra).exists()))
    return result


def _lines_of(document: AccountDocument) -> list[LineData]:
    rows = document.lines.order_by("position").values(
        "position", "description", "quantity", "unit_price", "net_amount", "sku", "order_number"
    )
    return [LineData(**row) for row in rows]


def constraint_of(why: IntegrityError) -> str:
    """The name of the constraint that refused, empty when there is none."""
    diagnosis = getattr(why.__cause__, "diag", None)
    return str(getattr(diagnosis, "constraint_name", "") or "")
