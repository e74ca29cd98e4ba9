"""Who changed which price when. PostgreSQL writes the record itself, so no way of changing a price can forget it.

Triggers on `pricing_terms_price` (migrations `0004_price_changes` and `0006_lighter_record`) add a row for each price
that a statement really changed, in the name of the `acting` person. The first filling of a list is one row that counts
its prices: each of those stays readable, as the price itself or as `old_price` of what changed it
(docs/decisions/0007).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import User

#: A statement that puts more prices than this into an empty list is recorded as one row.
FILLING = 1000
LONGEST_SOURCE = 100


class PriceChange(models.Model):
    """One change of one price of a list. Never altered nor deleted, and kept when list, product or user go.

    No `old_price`: the price is new; no `new_price`: it was taken away. Without a product the row is the first filling
    of a list with `prices` prices. `by` is empty for what was not done in a person's name. `source` is a word of
    `SOURCES`, or that word, a colon and a number.
    """

    # Without indexes of their own: those of `Meta` begin with list and product, and people are asked for by name.
    price_list = models.ForeignKey(
        "pricing_terms.PriceList",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="changes",
    )
    list_code = models.CharField(_("price list"), max_length=50)
    product = models.ForeignKey(
        "catalogue.Product",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="price_changes",
    )
    sku = models.CharField(_("SKU"), max_length=64, blank=True)
    min_quantity = models.PositiveIntegerField(_("from quantity"), null=True)
    valid_from = models.DateField(_("valid from"), null=True)
    old_price = models.DecimalField(_("price before"), max_digits=14, decimal_places=4, null=True)
    new_price = models.DecimalField(_("price after"), max_digits=14, decimal_places=4, null=True)
    old_valid_to = models.DateField(_("valid to, before"), null=True)
    new_valid_to = models.DateField(_("valid to, after"), null=True)
    prices = models.PositiveIntegerField(_("prices"), default=1)
    by = models.ForeignKey(
        User,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("by"),
    )
    by_name = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(_("at"))
    source = models.CharField(_("source"), max_length=LONGEST_SOURCE)

    class Meta:
        app_label = "pricing_terms"
        verbose_name = _("price change")
        verbose_name_plural = _("price changes")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("price_list", "-id"), name="price_changes_by_list"),
            models.Index(fields=("product", "-id"), name="price_changes_by_product"),
        )

    def __str__(self) -> str:
        return f"{self.list_code} {self.sku}: {self.old_price} → {self.new_price}"


@contextmanager
def acting(by: User | None, source: str) -> Iterator[None]:
    """A transaction whose price changes are recorded in the name of `by`, from `source` ("console", "import:12").

    Within another `acting` the inner one counts until it ends.
    """
    name = (str(by) if by else "")[:200]
    actor = json.dumps({"by": by.pk if by else None, "name": name, "source": source[:LONGEST_SOURCE]})
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('portal.actor', true), set_config('portal.actor', %s, true)", [actor]
            )
            before = cursor.fetchone()[0]
        yield
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('portal.actor', %s, true)", [before or ""])
