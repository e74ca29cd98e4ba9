"""A statement as a PDF on the supplier's letterhead, with a block to confirm the balance (对账单)."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils import timezone

from dealers.accounts.models import Dealer
from dealers.statements.statement import Statement
from portal.documents.letterhead import Letterhead
from portal.documents.pdf import render_pdf
from portal.documents.statement_words import ageing_parts, movement_word, reference_words


def statement_pdf(statement: Statement) -> bytes:
    """The statement in the active language as an A4 PDF. Raises `PdfUnavailable` with a sentence for the reader."""
    letterhead = Letterhead.current()
    context = letterhead.context(statement.number) | _context(statement)
    return render_pdf(render_to_string("documents/statement.html", context), letterhead.assets)


def dealer_address(dealer: Dealer) -> list[str]:
    """Where letters to the dealer go: the first active outlet's address."""
    outlet = dealer.outlets.filter(is_active=True).order_by("code").first()
    return outlet.address_lines if outlet else []


def _context(statement: Statement) -> dict[str, object]:
    return {
        "statement": statement,
        "address": dealer_address(statement.dealer),
        "drawn_up": timezone.localdate(),
        "movements": [
            (
                movement,
                movement_word(movement.kind),
                reference_words(movement.reference, movement.order_numbers),
            )
            for movement in statement.movements
        ],
        "ageing": ageing_parts(statement.ageing),
    }
