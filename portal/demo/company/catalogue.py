"""From models to product rows: one row for every size in every colour, with its picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from portal.demo.company.model import Model, Picture, Row, Size
from portal.demo.company.palette import CATEGORIES, COLOURS, MATERIALS, TOPS, UNITS_ZH, Tone
from portal.demo.company.range_kitchen import KITCHEN
from portal.demo.company.range_table import TABLE

MODELS: tuple[Model, ...] = KITCHEN + TABLE
BRAND = "Larkmoor"

# Sold out for good, or not to be ordered just now: screens need both.
DISCONTINUED_DAYS_AGO = {"CK111-22L-CR": 40, "DR607-750-FO": 25, "TW513-28-SA": 60, "KT408-24-CR": 12}
# Sold out for good, and what took their place.
REPLACED_BY = {"CK111-22L-CR": "CK111-22L-FO", "TW513-28-SA": "TW513-28-WH"}
PALLET_CARTONS = 40
# What is new, since when, and for how long the others have been in the range.
NEW_MODELS = {"DR605", "TC706"}
NEW_FOR, IN_THE_RANGE = timedelta(days=20), timedelta(days=400)
UNAVAILABLE = {"TC707-FO", "ST804-12L-IN", "BK206-5L-CR"}


@dataclass(frozen=True)
class Variant:
    """One sellable product with what the other generators need to know about it."""

    sku: str
    top: str
    model: Model
    size: Size
    tone: Tone
    price: Decimal
    ends_on: date | None
    available: bool


def launch_day(model: Model, today: date) -> date:
    """Since when the model is in the range."""
    return today - (NEW_FOR if model.code in NEW_MODELS else IN_THE_RANGE)


def ean13(number: int) -> str:
    """A GTIN-13 in the in-store range 200–299, so that it collides with no company's; `number` below 10⁵."""
    body = f"2604710{number:05d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def gtin14(ean: str) -> str:
    """The GTIN-14 of a carton of what has a GTIN-13."""
    body = f"1{ean[:12]}"
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def variants(today: date) -> Iterator[Variant]:
    """Every variant of every model, in catalogue order."""
    for model in MODELS:
        for size in model.sizes:
            for name in model.colours.split():
                tone = COLOURS[name]
                sku = "-".join(part for part in (model.code, size.code, tone.code) if part)
                days = DISCONTINUED_DAYS_AGO.get(sku)
                ends_on = today - timedelta(days=days) if days else None
                yield Variant(
                    sku,
                    CATEGORIES[model.category][0],
                    model,
                    size,
                    tone,
                    Decimal(size.price),
                    ends_on,
                    sku not in UNAVAILABLE,
                )


def picture_name(model: Model, tone: Tone) -> str:
    """Sizes of one model and colour share a picture."""
    return f"{model.code}-{tone.code}.webp".lower()


def pictures() -> tuple[Picture, ...]:
    """Every picture that product rows name."""
    return tuple(
        Picture(
            picture_name(model, COLOURS[name]), model.kind, COLOURS[name].rgb, TOPS[CATEGORIES[model.category][0]][2]
        )
        for model in MODELS
        for name in model.colours.split()
    )


def retail_price(price: Decimal) -> Decimal:
    """The recommended retail price in CNY with tax: about twice the list price, ending in 9.00, or .90 below 40."""
    target = price * Decimal("2.1")
    if target < 40:
        return target.quantize(Decimal(1)) - Decimal("0.10")
    return (target / 10).quantize(Decimal(1)) * 10 - Decimal("1.00")


def product_row(variant: Variant, number: int) -> Row:
    """One import row for a product."""
    model, size, tone = variant.model, variant.size, variant.tone
    top, sub_en, sub_zh = CATEGORIES[model.category]
    material_en, material_zh = MATERIALS[model.material]
    carton = f"{model.multiple} {UNITS_ZH[model.unit]}"
    return {
        "sku": variant.sku,
        "name_en": ", ".join(part for part in (model.en, size.en, tone.en.lower()) if part),
        "name_zh": " ".join(part for part in (model.zh, size.zh, tone.zh) if part),
        "model": model.code,
        "model_name_en": model.en,
        "model_name_zh": model.zh,
        "category_en": f"{TOPS[top][0]} > {sub_en}",
        "category_zh": f"{TOPS[top][1]} > {sub_zh}",
        "brand": BRAND,
        "unit": model.unit,
        "ean": ean13(number),
        "order_multiple": str(model.multiple),
        "minimum_quantity": str(model.minimum),
        "weight_kg": size.kg,
        "description_en": model.text_en,
        "description_zh": model.text_zh,
        "image": picture_name(model, tone),
        "recommended_retail_price": str(retail_price(variant.price)),
        "available": "yes" if variant.available and variant.ends_on is None else "no",
        "discontinued_on": variant.ends_on.isoformat() if variant.ends_on else "",
        "replaced_by": REPLACED_BY.get(variant.sku, ""),
        "carton_quantity": str(model.multiple) if model.multiple > 1 else "",
        "carton_ean": gtin14(ean13(number)) if model.multiple > 1 else "",
        "pallet_quantity": str(model.multiple * PALLET_CARTONS) if model.multiple > 1 else "",
        "attribute:colour": tone.en,
        "attribute_zh:colour": tone.zh,
        "attribute:size": size.en,
        "attribute_zh:size": size.zh,
        "attribute:material": material_en,
        "attribute_zh:material": material_zh,
        "attribute:dishwasher": "Yes" if model.washable else "No",
        "attribute_zh:dishwasher": "是" if model.washable else "否",
        "attribute:carton": f"{model.multiple} per carton",
        "attribute_zh:carton": f"每箱 {carton}",
    }
