"""The search index: words and codes of each product, split in Python so that plain PostgreSQL finds Chinese too."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class ProductEntry(models.Model):
    """A product's searchable words. Written by the transaction that changes the product."""

    product = models.OneToOneField(
        "catalogue.Product", primary_key=True, on_delete=models.CASCADE, related_name="search_entry"
    )
    words = SearchVectorField()

    class Meta:
        indexes = (GinIndex(fields=("words",), name="product_words"),)

    def __str__(self) -> str:
        return str(self.product_id)
