"""What the catalogue's pages are cut by, kept beside the products so that an index can be walked."""

from __future__ import annotations

from django.db import models

#: Compared sign by sign: the keys are made so that this is the reader's order.
BY_SIGN = "C"


class CatalogueEntry(models.Model):
    """A sellable product's place in the catalogue. Written by the transaction that changes the product.

    `name_en` and `name_zh` are sort keys (`portal.shop.entries.sort_key`), never shown. `brand` is the product's own or
    its model's.
    """

    product = models.OneToOneField(
        "catalogue.Product", primary_key=True, on_delete=models.CASCADE, related_name="catalogue_entry"
    )
    name_en = models.CharField(max_length=255, db_collation=BY_SIGN)
    name_zh = models.CharField(max_length=255, db_collation=BY_SIGN)
    brand = models.CharField(max_length=100)
    created_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("name_en", "product"), name="catalogue_by_english_name"),
            models.Index(fields=("name_zh", "product"), name="catalogue_by_chinese_name"),
            models.Index(fields=("created_at", "product"), name="catalogue_by_age"),
            models.Index(fields=("brand", "product"), name="catalogue_by_brand"),
        )

    def __str__(self) -> str:
        return str(self.product_id)
