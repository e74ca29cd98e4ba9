"""A statement as a PDF on the supplier's letterhead, with a block to confirm the balance (对账单)."""

from __future__ import annotations

import io
import re

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from PIL import Image

from dealers.accounts.models import Dealer, Supplier
from dealers.statements.statement import Statement
from portal.documents.pdf import render_pdf
from portal.documents.statement_words import ageing_parts, movement_word, reference_words

LOGO = "asset:logo"
LARGEST_LOGO = 2_000_000
LOGO_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


def statement_pdf(statement: Statement) -> bytes:
    """The statement in the active language as an A4 PDF. Raises `PdfUnavailable` with a sentence for the reader."""
    supplier = Supplier.current()
    logo = logo_bytes(supplier)
    html = render_to_string("documents/statement.html", _context(statement, supplier, has_logo=bool(logo)))
    return render_pdf(html, {LOGO: logo} if logo else {})


def logo_bytes(supplier: Supplier) -> bytes:
    """The supplier's logo if it is a picture of reasonable size, else nothing: a letter goes out without it."""
    if not supplier.logo:
        return b""
    try:
        with supplier.logo.open("rb") as stored:
            content = bytes(stored.read(LARGEST_LOGO + 1))
        if len(content) > LARGEST_LOGO:
            return b""
        with Image.open(io.BytesIO(content), formats=LOGO_FORMATS) as picture:
            return content if picture.width * picture.height <= 16_000_000 else b""
    except (OSError, ValueError, Image.DecompressionBombError):
        return b""


def dealer_address(dealer: Dealer) -> list[str]:
    """Where letters to the dealer go: the first active outlet's address."""
    outlet = dealer.outlets.filter(is_active=True).order_by("code").first()
    return outlet.address_lines if outlet else []


def css_text(text: str) -> SafeString:
    """A CSS string of any text, every character but letters and digits escaped."""
    escaped = "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in text)
    return mark_safe(f'"{escaped}"')  # noqa: S308 - nothing but letters, digits, backslashes and spaces is left


def page_counter() -> SafeString:
    """The CSS content of "Page 2 of 9" in the active language."""
    words = re.split(r"\{(pages?)\}", _("Page {page} of {pages}"))
    parts = [f"counter({word})" if at % 2 else css_text(word) for at, word in enumerate(words)]
    return mark_safe(" ".join(parts))  # noqa: S308 - made of css_text and two fixed words


def _context(statement: Statement, supplier: Supplier, *, has_logo: bool) -> dict[str, object]:
    return {
        "statement": statement,
        "supplier": supplier,
        "logo": LOGO if has_logo else "",
        "address": dealer_address(statement.dealer),
        "language": get_language() or "en",
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
        "number_css": css_text(statement.number),
        "page_css": page_counter(),
    }
