"""Keys with which a dealer's own system tells what its outlets have."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import Dealer, User


class StockFeedToken(models.Model):
    """A dealer's key to the stock feed. Only its hash is kept; `hint` is what a person recognises it by."""

    dealer = models.ForeignKey(Dealer, on_delete=models.CASCADE, related_name="stock_feed_tokens")
    name = models.CharField(_("name"), max_length=100)
    hint = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("token of a stock feed")
        verbose_name_plural = _("tokens of stock feeds")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.dealer_id} {self.hint}…"
