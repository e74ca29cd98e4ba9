"""What dealers' outlets have of a product, what consumer orders took of it, and every move of both."""

from __future__ import annotations

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import User


class OutletStockQuerySet(models.QuerySet["OutletStock"]):
    """Stock of outlets."""

    def with_available(self) -> OutletStockQuerySet:
        """Each row with `available`, what can be promised of it: at least 0, and 0 while it is blocked."""
        free = F("on_hand") - F("held") - F("firm") - F("safety") - F("unsellable")
        nothing = Value(0)
        return self.annotate(
            available=Case(When(blocked_at__isnull=True, then=Greatest(free, nothing)), default=nothing)
        )


class OutletStock(models.Model):
    """What an outlet has of a product. What can be promised is worked out (`with_available`), never stored.

    `on_hand` is the last count with what moved since; it may fall below zero, or below what is promised, when a count
    was wrong. `held` was taken by offers, `firm` by accepted orders that have not left. `safety` stays on the shelf;
    `unsellable` is there and damaged. `feed_as_of` is when the quantity was counted, None while it never was. Since
    `blocked_at` the dealer says there is none; nothing is promised until a later count. `confidence` is in percent: a
    decline for lack of stock halves it, goods that leave raise it by ten, a count by hand makes it whole.
    """

    outlet = models.ForeignKey(
        "dealers_accounts.Outlet", verbose_name=_("outlet"), on_delete=models.PROTECT, related_name="stock"
    )
    product = models.ForeignKey(
        "catalogue.Product",
        verbose_name=_("product"),
        on_delete=models.PROTECT,
        related_name="outlet_stock",
        db_index=False,  # the unique constraint begins with it
    )
    on_hand = models.IntegerField(_("on hand"), default=0)
    held = models.IntegerField(_("offered"), default=0)
    firm = models.IntegerField(_("accepted"), default=0)
    safety = models.PositiveIntegerField(_("safety stock"), default=0)
    unsellable = models.PositiveIntegerField(_("damaged"), default=0)
    feed_as_of = models.DateTimeField(_("as of"), null=True, blank=True)
    blocked_at = models.DateTimeField(_("blocked since"), null=True, blank=True)
    confidence = models.PositiveSmallIntegerField(_("confidence, %"), default=100)

    objects = OutletStockQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock of an outlet")
        verbose_name_plural = _("stock of outlets")
        constraints = (
            models.UniqueConstraint(fields=("product", "outlet"), name="one_stock_per_product_and_outlet"),
            models.CheckConstraint(condition=Q(held__gte=0), name="outlet_stock_held_not_negative"),
            models.CheckConstraint(condition=Q(firm__gte=0), name="outlet_stock_firm_not_negative"),
            models.CheckConstraint(condition=Q(confidence__lte=100), name="outlet_stock_confidence_is_a_percentage"),
        )

    def __str__(self) -> str:
        return f"{self.product_id}@outlet {self.outlet_id}: {self.on_hand}"


class MoveKind(models.TextChoices):
    """What moved an outlet's stock. The first two are counts, the others movements that we booked."""

    FEED = "feed", _("Stock list")
    BY_HAND = "by_hand", _("Counted by hand")
    HOLD = "hold", _("Offered")
    RELEASE = "release", _("Offer ended")
    CONFIRM = "confirm", _("Accepted")
    CANCEL = "cancel", _("Acceptance taken back")
    SHIP = "ship", _("Sent or handed over")
    RETURN = "return", _("Returned")
    NOT_IN_STOCK = "not_in_stock", _("Declined: not in stock")
    DAMAGED = "damaged", _("Declined: damaged")
    MISMATCH = "mismatch", _("Declined: fewer than counted")


#: These say what is there instead of what changed.
COUNTS = (MoveKind.FEED, MoveKind.BY_HAND)


class OutletStockMove(models.Model):
    """One move of one stock row. It only grows: PostgreSQL refuses changes.

    `quantity` is what was asked or counted; the columns after it are what it added to each counter, so that each
    counter is the sum of its column. A movement with a `reference` happens once for it.
    """

    stock = models.ForeignKey(OutletStock, on_delete=models.PROTECT, related_name="moves")
    kind = models.CharField(_("kind"), max_length=15, choices=MoveKind.choices)
    quantity = models.IntegerField(_("quantity"))
    on_hand = models.IntegerField(_("on hand"), default=0)
    held = models.IntegerField(_("offered"), default=0)
    firm = models.IntegerField(_("accepted"), default=0)
    safety = models.IntegerField(_("safety stock"), default=0)
    unsellable = models.IntegerField(_("damaged"), default=0)
    at = models.DateTimeField(_("at"))
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    by = models.ForeignKey(
        User, verbose_name=_("by"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("move of an outlet's stock")
        verbose_name_plural = _("moves of outlets' stock")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("reference", "kind", "stock"),
                condition=~Q(reference="") & ~Q(kind__in=COUNTS),
                name="one_stock_movement_per_reference_and_kind",
            ),
        )
        indexes = (models.Index(fields=("stock", "at"), name="outlet_stock_moves_by_time"),)

    def __str__(self) -> str:
        return f"{self.stock_id} {self.kind} {self.quantity}"


class StockShortfall(models.Model):
    """An outlet promised more than it has: `quantity` pieces, since `at`. One open row per stock row at most.

    `why` is the kind of move that showed it first; `cleared_at` is when promises and stock agreed again.
    """

    stock = models.ForeignKey(OutletStock, on_delete=models.CASCADE, related_name="shortfalls")
    quantity = models.PositiveIntegerField(_("quantity"))
    at = models.DateTimeField(_("since"))
    why = models.CharField(_("shown by"), max_length=15, choices=MoveKind.choices)
    cleared_at = models.DateTimeField(_("cleared at"), null=True, blank=True)

    class Meta:
        verbose_name = _("stock shortfall")
        verbose_name_plural = _("stock shortfalls")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("stock",), condition=Q(cleared_at__isnull=True), name="one_open_shortfall_per_stock"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="stock_shortfall_of_something"),
        )

    def __str__(self) -> str:
        return f"{self.stock_id}: {self.quantity} short"
