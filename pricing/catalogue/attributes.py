"""Product attributes as an import writes them: text values on Oscar's tables, Chinese values on the card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from oscar.core.loading import get_model

from dealers.intake.intake import Changes
from pricing.catalogue.models import AttributeCard

ProductAttribute = get_model("catalogue", "ProductAttribute")
ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")


@dataclass(frozen=True)
class Label:
    """What an attribute is called. Empty: the code says it in English, nothing in Chinese."""

    en: str = ""
    zh: str = ""


def attributes_for(product_class_id: int, codes: Iterable[str], labels: Mapping[str, Label]) -> dict[str, int]:
    """The attributes with these codes by id, made where missing; given labels are written where they differ."""
    codes = list(codes)
    known = {
        attribute.code: attribute
        for attribute in ProductAttribute.objects.filter(product_class=product_class_id, code__in=codes)
    }
    changes = Changes(ProductAttribute, ("name",))
    for code in codes:
        attribute = known.setdefault(code, ProductAttribute(product_class_id=product_class_id, code=code))
        name = labels.get(code, Label()).en
        if name or attribute._state.adding:
            changes.apply(attribute, {"name": name or code.replace("_", " ").capitalize()})
    changes.save()
    ids = {code: known[code].pk for code in codes}
    cards = {card.pk: card for card in AttributeCard.objects.filter(pk__in=ids.values())}
    card_changes = Changes(AttributeCard, ("name_zh",))
    for code, pk in ids.items():
        if chinese := labels.get(code, Label()).zh:
            card_changes.apply(cards.get(pk) or AttributeCard(pk=pk), {"name_zh": chinese})
    card_changes.save()
    return ids


def write_values(wanted: Mapping[int, Mapping[int, str]]) -> set[int]:
    """Write `{product: {attribute: text}}`; empty text takes the value away. Answers the products that changed."""
    attributes = {attribute for values in wanted.values() for attribute in values}
    if not attributes:
        return set()
    known = {
        (value.product_id, value.attribute_id): value
        for value in ProductAttributeValue.objects.filter(product__in=wanted, attribute__in=attributes)
    }
    changes = Changes(ProductAttributeValue, ("value_text",))
    gone = []
    touched: set[int] = set()
    for product, values in wanted.items():
        for attribute, text in values.items():
            value = known.get((product, attribute))
            if text:
                value = value or ProductAttributeValue(product_id=product, attribute_id=attribute)
                if changes.apply(value, {"value_text": text}):
                    touched.add(product)
            elif value is not None:
                gone.append(value.pk)
                touched.add(product)
    changes.save()
    if gone:
        # Not delete(): its signals would do work for each value; text values have nothing that hangs on them.
        ProductAttributeValue.objects.filter(pk__in=gone)._raw_delete("default")
    return touched
