"""Which journals of the ledger belong to which consumer order."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dealers.ledger.models import Journal
from fulfilment.allocation.contractmodels import amount


class EntryKind(models.TextChoices):
    """What a journal of a consumer order is about."""

    SALE = "sale", _("Sent by a dealer")
    WAREHOUSE = "warehouse", _("Sent by the supplier")
    RETURN = "return", _("Came back")
    SETTLEMENT = "settlement", _("Brought to the dealer's account")
    PENALTY = "penalty", _("Penalty for leaving")


#: Kinds by which the consumer's money moves between parties; the others move what a party has to its account.
OF_GOODS = (EntryKind.SALE, EntryKind.WAREHOUSE, EntryKind.RETURN)


class ConsumerEntry(models.Model):
    """A journal of a consumer order. Written with it, never changed (PostgreSQL refuses).

    `paid` and `freight` are what the consumer paid by it, for goods and for sending, below zero for what came back;
    `payment_fee` is what the payment provider keeps of both, whoever bears it; `top_up` is what it takes of a
    campaign's budget. `units` left, below zero: came back. All in the order's currency, tax included.
    """

    journal = models.OneToOneField(Journal, primary_key=True, on_delete=models.PROTECT, related_name="consumer_entry")
    kind = models.CharField(_("kind"), max_length=12, choices=EntryKind.choices)
    order = models.ForeignKey("fulfilment_consumer.ConsumerOrder", on_delete=models.PROTECT, related_name="entries")
    allocation = models.ForeignKey(
        "fulfilment_allocation.Allocation", null=True, on_delete=models.PROTECT, related_name="entries"
    )
    line = models.ForeignKey(
        "fulfilment_allocation.AllocationLine", null=True, on_delete=models.PROTECT, related_name="entries"
    )
    units = models.IntegerField(_("units"), default=0)
    paid = amount(_("consumer paid"), validators=[])
    freight = amount(_("freight the consumer paid"), validators=[])
    payment_fee = amount(_("payment fee"), validators=[])
    top_up = amount(_("top-up"), validators=[])

    class Meta:
        verbose_name = _("entry of a consumer order")
        verbose_name_plural = _("entries of consumer orders")

    def __str__(self) -> str:
        return f"{self.kind} of {self.order_id}"
