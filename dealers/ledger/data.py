"""What a back office hands in to be posted: frozen, and checked for sense before any table is touched."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from dealers.accounts.models import Dealer, User
from dealers.ledger.models import OF_CONSUMER_SALES, Account, DocumentKind
from dealers.sentences import worded as _

LARGEST = Decimal("999999999999.99")
LONGEST_NUMBER = 100
LONGEST_REFERENCE = 200
LONGEST_CODE = 128
LONGEST_DESCRIPTION = 300
#: From which accounts consumer sales come to a dealer's own.
CONTRAS = (Account.DEALER_PAYABLE, Account.OVERRIDE_PAYABLE, Account.PENALTY_INCOME)


class PostingRefused(Exception):
    """The ledger takes no such entry. `message` is a translated sentence that says why and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class LineData:
    """One line of an invoice or credit note. Amounts in the document's currency; unit price up to four decimals."""

    position: int
    description: str
    quantity: Decimal
    unit_price: Decimal
    net_amount: Decimal
    sku: str = ""
    order_number: str = ""


@dataclass(frozen=True, slots=True)
class DocumentData:
    """An invoice, credit note or payment as issued. Amounts are positive, in `currency`, with at most two decimals.

    `settlements` are (invoice number, amount) pairs of a payment or credit note; two for one invoice count as their
    sum. `contra` is the account that consumer sales come from; other kinds have none. `source_key` names the message
    or file that brought the document (empty: its number); `by` is who entered it. Who brought it is no part of the
    document: the same document from another source is the same document.
    """

    kind: str
    number: str
    dealer: Dealer
    issue_date: dt.date
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    due_date: dt.date | None = None
    order_numbers: tuple[str, ...] = ()
    reference: str = ""
    note: str = ""
    lines: tuple[LineData, ...] = ()
    settlements: tuple[tuple[str, Decimal], ...] = ()
    contra: str = ""
    source_key: str = ""
    by: User | None = field(default=None, compare=False)

    def settled(self) -> dict[str, Decimal]:
        """The amount set against each invoice number."""
        amounts: Counter[str] = Counter()
        for number, amount in self.settlements:
            amounts[number] += amount  # type: ignore[assignment]  # Counter adds any number, also Decimal
        return {number: Decimal(amount) for number, amount in amounts.items()}

    def stored_lines(self) -> list[LineData]:
        """The lines by position as the tables hold them: quantity to three, unit price to four decimals, half up."""
        return [
            replace(
                line,
                quantity=line.quantity.quantize(Decimal("0.001"), ROUND_HALF_UP),
                unit_price=line.unit_price.quantize(Decimal("0.0001"), ROUND_HALF_UP),
                description=line.description[:LONGEST_DESCRIPTION],
            )
            for line in sorted(self.lines, key=lambda line: line.position)
        ]

    def check(self) -> None:
        """Refuse what no back office can mean, with the first fault in a sentence."""
        fault = next(self._faults(), None)
        if fault:
            raise PostingRefused(fault)

    def _faults(self) -> Iterator[str]:
        if self.kind not in DocumentKind.values:
            yield _("“%(kind)s” is no kind of document the ledger knows.") % {"kind": self.kind}
            return
        names: dict[str, Any] = {"kind": DocumentKind(self.kind).label, "number": self.number}
        if not self.number.strip() or len(self.number) > LONGEST_NUMBER:
            yield _("A document needs a number of 1 to 100 characters.")
        if self.currency != self.dealer.currency:
            yield _(
                "%(kind)s %(number)s is in %(currency)s, but dealer %(dealer)s is kept in %(own)s. "
                "Issue it in %(own)s, or change the dealer's currency while it has no documents."
            ) % {**names, "currency": self.currency, "dealer": self.dealer.number, "own": self.dealer.currency}
        for amount in (self.net, self.tax, self.total):
            if not is_cents(amount) or amount < 0:
                yield _("%(kind)s %(number)s: %(amount)s is no amount. Give it without sign and to the cent.") % {
                    **names,
                    "amount": amount,
                }
        if self.total <= 0 or self.total != self.net + self.tax:
            yield _(
                "%(kind)s %(number)s: the total %(total)s must be more than zero, and net %(net)s plus tax %(tax)s."
            ) % {**names, "total": self.total, "net": self.net, "tax": self.tax}
        if len(self.reference) > LONGEST_REFERENCE:
            yield _("%(kind)s %(number)s: the reference is longer than 200 characters.") % names
        if self.kind in (DocumentKind.PAYMENT, DocumentKind.PAYOUT) and (self.tax or self.lines):
            yield _("Payment %(number)s: a payment has neither tax nor lines.") % names
        if self.kind in OF_CONSUMER_SALES and (self.tax or self.lines or self.contra not in CONTRAS):
            yield _("%(kind)s %(number)s has neither tax nor lines, and names the account it comes from.") % names
        if self.kind not in OF_CONSUMER_SALES and self.contra:
            yield _("%(kind)s %(number)s: only consumer sales name the account they come from.") % names
        yield from self._line_faults(names)
        yield from self._settlement_faults(names)

    def _line_faults(self, names: dict[str, Any]) -> Iterator[str]:
        if len({line.position for line in self.lines}) < len(self.lines):
            yield _("%(kind)s %(number)s: two lines have the same position.") % names
        for line in self.lines:
            if not is_cents(line.net_amount):
                yield _("%(kind)s %(number)s, line %(line)s: give the amount to the cent.") % {
                    **names,
                    "line": line.position,
                }
            if max(len(line.sku), len(line.order_number)) > LONGEST_CODE:
                yield _("%(kind)s %(number)s, line %(line)s: SKU and order number have at most 128 characters.") % {
                    **names,
                    "line": line.position,
                }

    def _settlement_faults(self, names: dict[str, Any]) -> Iterator[str]:
        if not self.settlements:
            return
        if self.kind not in (DocumentKind.PAYMENT, DocumentKind.CREDIT_NOTE):
            yield _("%(kind)s %(number)s: only payments and credit notes settle invoices.") % names
        if any(not is_cents(amount) or amount <= 0 for _number, amount in self.settlements):
            yield (
                _("%(kind)s %(number)s: an amount set against an invoice must be more than zero, to the cent.") % names
            )
        if sum(self.settled().values()) > self.total:
            yield _("%(kind)s %(number)s: more is set against invoices than its total %(total)s.") % {
                **names,
                "total": self.total,
            }


def is_cents(amount: Decimal) -> bool:
    """Whether the amount is an exact Decimal of at most two decimals that the tables can hold."""
    if not isinstance(amount, Decimal) or not amount.is_finite():
        return False
    return abs(amount) <= LARGEST and amount == amount.quantize(Decimal("0.01"))
