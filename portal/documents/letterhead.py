"""What every letter of the supplier begins and ends with: logo and sender, number and page."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from PIL import Image

from dealers.accounts.models import Supplier

LOGO = "asset:logo"
LARGEST_LOGO = 2_000_000
LOGO_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


@dataclass(frozen=True)
class Letterhead:
    """The supplier as a sender. `logo` is the picture's content, empty where there is none to print."""

    supplier: Supplier
    logo: bytes

    @classmethod
    def current(cls) -> Letterhead:
        """The letterhead of today."""
        supplier = Supplier.current()
        return cls(supplier, logo_bytes(supplier))

    @property
    def assets(self) -> dict[str, bytes]:
        """What `render_pdf` is to bring along."""
        return {LOGO: self.logo} if self.logo else {}

    def context(self, number: str) -> dict[str, object]:
        """What `documents/letterhead.html` and `documents/page.css` show on a letter of this number."""
        return {
            "supplier": self.supplier,
            "logo": LOGO if self.logo else "",
            "language": get_language() or "en",
            "number_css": css_text(number),
            "page_css": page_counter(),
        }


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


def css_text(text: str) -> SafeString:
    """A CSS string of any text, every character but letters and digits escaped."""
    escaped = "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in text)
    return mark_safe(f'"{escaped}"')  # noqa: S308 - nothing but letters, digits, backslashes and spaces is left


def page_counter() -> SafeString:
    """The CSS content of "Page 2 of 9" in the active language."""
    words = re.split(r"\{(pages?)\}", _("Page {page} of {pages}"))
    parts = [f"counter({word})" if at % 2 else css_text(word) for at, word in enumerate(words)]
    return mark_safe(" ".join(parts))  # noqa: S308 - made of css_text and two fixed words
