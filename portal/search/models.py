"""The search index: words and codes of each product, split in Python so that plain PostgreSQL finds Chinese too."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Reverse

#: Compared sign by sign, so that an index finds the codes that begin with something.
BY_SIGN = "C"


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


class ProductCode(models.Model):
    """A code everybody may type for a product (SKU, EAN, model), and its letters and digits alone as `key`."""

    product = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="search_codes")
    key = models.CharField(max_length=200, db_collation=BY_SIGN)
    code = models.CharField(max_length=200)

    class Meta:
        indexes = (
            models.Index(fields=("key", "product"), name="product_code_key"),
            models.Index(Reverse("key"), name="product_code_backwards"),
        )

    def __str__(self) -> str:
        return self.code


class Word(models.Model):
    """A word of any product's name or facts, and the keys that find it in spite of one wrong letter.

    Words are only added. One whose products are gone stays and leads nowhere: only products are ever shown. Two
    transactions may add the same word at once; it then stands twice, and nobody waits for the other.
    """

    word = models.CharField(max_length=200, db_collation=BY_SIGN)
    keys = ArrayField(models.TextField())

    class Meta:
        indexes = (
            models.Index(fields=("word",), name="search_word"),
            GinIndex(fields=("keys",), name="search_word_keys", fastupdate=False),
        )

    def __str__(self) -> str:
        return self.word
