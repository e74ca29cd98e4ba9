"""Set a posted credit note against invoices, when the back office says so later than it issued the credit note."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, Sum

from dealers.accounts.models import Dealer
from dealers.ledger.data import PostingRefused
from dealers.ledger.models import AccountDocument, DocumentKind, Settlement
from dealers.ledger.post import lock_dealers
from dealers.sentences import worded as _

ZERO = Decimal(0)
STANDING = Q(journal__reversed_by__isnull=True)


def use_credit_note(dealer: Dealer, number: str, parts: Mapping[str, Decimal]) -> None:
    """Use a credit note's amount for invoices (`invoice number → amount`), in the dealer's currency.

    Refused (`PostingRefused`, nothing written): a credit note or an invoice that the dealer does not have or that was
    reversed, more than is left of either, and a pair that was settled before.
    """
    with transaction.atomic():
        lock_dealers({dealer.pk})
        credit = AccountDocument.objects.filter(
            STANDING, dealer=dealer, kind=DocumentKind.CREDIT_NOTE, number=number
        ).first()
        if credit is None:
            raise PostingRefused(
                _("Dealer %(dealer)s has no credit note %(number)s.") % {"dealer": dealer.number, "number": number}
            )
        invoices = {
            invoice.number: invoice
            for invoice in AccountDocument.objects.filter(
                STANDING, dealer=dealer, kind=DocumentKind.INVOICE, number__in=list(parts)
            )
        }
        _require_left(credit, _used(credit), sum(parts.values(), ZERO))
        settled = _settled(invoices.values())
        for invoice_number, amount in parts.items():
            invoice = invoices.get(invoice_number)
            if invoice is None:
                raise PostingRefused(
                    _("Dealer %(dealer)s has no invoice %(number)s, or no longer has it.")
                    % {"dealer": dealer.number, "number": invoice_number}
                )
            if Settlement.objects.filter(credit=credit, invoice=invoice).exists():
                raise PostingRefused(
                    _("Credit note %(credit)s has been used for invoice %(invoice)s before.")
                    % {"credit": number, "invoice": invoice_number}
                )
            _require_left(invoice, settled.get(invoice.pk, ZERO), amount)
        Settlement.objects.bulk_create(
            Settlement(credit=credit, invoice=invoices[number], amount=amount) for number, amount in parts.items()
        )


def _used(credit: AccountDocument) -> Decimal:
    standing = Settlement.objects.filter(credit=credit, invoice__journal__reversed_by__isnull=True)
    return standing.aggregate(sum=Sum("amount"))["sum"] or ZERO


def _settled(invoices: Iterable[AccountDocument]) -> dict[int, Decimal]:
    rows = (
        Settlement.objects.filter(invoice__in=list(invoices), credit__journal__reversed_by__isnull=True)
        .order_by()
        .values_list("invoice")
        .annotate(sum=Sum("amount"))
    )
    return dict(rows)


def _require_left(document: AccountDocument, taken: Decimal, amount: Decimal) -> None:
    left = document.total - taken
    if amount > left:
        raise PostingRefused(
            _("%(amount)s of %(kind)s %(number)s was to be set off, but only %(left)s of it is left.")
            % {"amount": amount, "kind": document.get_kind_display(), "number": document.number, "left": left}
        )
