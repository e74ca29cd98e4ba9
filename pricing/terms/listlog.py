"""Who changed which price list, and whom it was given to, when: written by `pricing.terms.lists` and `.assign`."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import User

LONGEST = 300
#: Beside the fields of a list's head: the place at which a dealer or a group has it; the list it was copied from.
PLACE, COPIED = "place", "copied"


class PriceListChange(models.Model):
    """One change of a list's head, or of the place at which a dealer or a group buys by it. Kept when the list goes.

    `old` and `new` are values as stored (codes, plain numbers); an empty one stands for nothing. `field` is a field of
    `PriceList`, `place` (1 is nearest; with `dealer_number` or `group_code`), or `copied` (`new` is the other list).
    """

    price_list = models.ForeignKey(
        "pricing_terms.PriceList", on_delete=models.DO_NOTHING, db_constraint=False, related_name="head_changes"
    )
    list_code = models.CharField(_("price list"), max_length=50)
    dealer_number = models.CharField(_("dealer number"), max_length=50, blank=True)
    group_code = models.CharField(_("dealer group"), max_length=50, blank=True)
    field = models.CharField(_("field"), max_length=50)
    old = models.CharField(_("from"), max_length=LONGEST, blank=True)
    new = models.CharField(_("to"), max_length=LONGEST, blank=True)
    by = models.ForeignKey(
        User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", verbose_name=_("by")
    )
    by_name = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    source = models.CharField(_("source"), max_length=100)

    class Meta:
        app_label = "pricing_terms"
        verbose_name = _("change of a price list")
        verbose_name_plural = _("changes of price lists")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("price_list", "-id"), name="list_changes_by_list"),
            models.Index(fields=("dealer_number", "-id"), name="list_changes_by_dealer"),
        )

    def __str__(self) -> str:
        return f"{self.list_code} {self.field}: {self.old} → {self.new}"
