"""What surrounds the demo's products: receipts on their way, data sheets, and what goes with what."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from oscar.core.loading import get_model
from PIL import Image, ImageDraw, ImageFont

from dealers.intake.rows import Row
from fulfilment.stock.expected import ExpectedReceiptsIntake
from portal.demo.company.model import Company
from pricing.catalogue.files import owner_of, put_file
from pricing.catalogue.models import FileKind, ProductFile

Product = get_model("catalogue", "Product")
ProductRecommendation = get_model("catalogue", "ProductRecommendation")

#: So many sales units at a location or fewer, and more are on their way.
SCARCE = 12
#: Models with a data sheet; the first also has its care instructions in both languages.
DOCUMENTED = ("CK111", "TW501", "KN307")
WITH_EACH_OTHER = (("CK111", "TW507"), ("CK111", "TW511"), ("TW501", "TW504"), ("TW501", "TW507"))
A4_AT_100_DPI = (827, 1169)


def load(company: Company, today: date, pictures: Path) -> None:
    """Put them there; repeated, nothing doubles."""
    load_receipts(company, today)
    _load_files(company, pictures)
    _load_recommendations()


def load_receipts(company: Company, today: date) -> None:
    """More of what is scarce arrives within the next weeks: the same for the same day."""
    rows = [
        {
            "sku": row["sku"],
            "location": row["location"],
            "quantity": str(48 + number % 5 * 24),
            "expected_on": (today + timedelta(days=5 + number * 3 % 40)).isoformat(),
            "reference": f"PO-{7700 + number}",
        }
        for number, row in enumerate(row for row in company.stock if int(row["quantity"]) <= SCARCE)
    ]
    outcome = ExpectedReceiptsIntake(today=today).take([Row(number, row) for number, row in enumerate(rows, start=2)])
    if outcome.problems:
        first = outcome.problems[0]
        raise ValueError(f"expected receipts row {first.row}, {first.field}: {first.message}")


def _load_files(company: Company, pictures: Path) -> None:
    for place, code in enumerate(DOCUMENTED):
        model = owner_of(code)
        rows = [row for row in company.products if row["model"] == code]
        if model is None or not rows or ProductFile.objects.filter(product=model).exists():
            continue
        lines = [f"{row['sku']}    {row['name_en']}    {row['weight_kg']} kg" for row in rows]
        sheet = _page(rows[0]["model_name_en"], lines, pictures / rows[0]["image"])
        name = f"{code.lower()}-data-sheet.pdf"
        words = {
            "title": f"{rows[0]['model_name_en']}: sizes and weights",
            "title_zh": f"{rows[0]['model_name_zh']}规格表",
        }
        put_file(model, FileKind.DATA_SHEET, name, sheet, **words, language="en")
        if not place:
            care = _page("Care", [rows[0]["description_en"], "Let it cool before you wash it."], None)
            words = {"title": "Care instructions", "title_zh": "保养说明"}
            put_file(model, FileKind.MANUAL, f"{code.lower()}-care.pdf", care, **words, language="en")


def _page(title: str, lines: Sequence[str], picture: Path | None) -> bytes:
    """A plain A4 page as a PDF."""
    page = Image.new("RGB", A4_AT_100_DPI, "white")
    pen = ImageDraw.Draw(page)
    pen.text((60, 60), title, fill="#1f3a3d", font=ImageFont.load_default(size=34))
    for number, line in enumerate(lines[:30]):
        pen.text((60, 130 + number * 26), line, fill="black", font=ImageFont.load_default(size=16))
    if picture is not None and picture.exists():
        with Image.open(picture) as drawn:
            page.paste(drawn.convert("RGB").resize((240, 240)), (530, 880))
    target = io.BytesIO()
    page.save(target, "PDF", resolution=100)
    return target.getvalue()


def _load_recommendations() -> None:
    for ranking, (code, other) in enumerate(reversed(WITH_EACH_OTHER), start=1):
        owner, variant = owner_of(code), _first_variant(other)
        if owner is not None and variant is not None:
            ProductRecommendation.objects.get_or_create(
                primary=owner, recommendation=variant, defaults={"ranking": ranking}
            )


def _first_variant(code: str) -> Any | None:
    return Product.objects.filter(upc__startswith=f"{code}-", is_public=True).order_by("upc").first()
