"""What was ordered. Oscar's order, line and basket tables hold the goods; these side tables hold the dealer's part."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import Dealer, User, dealers_visible_to
from fulfilment.ordering.savedmodels import SavedList as SavedList  # the app's other tables
from fulfilment.ordering.savedmodels import SavedListItem as SavedListItem
from fulfilment.ordering.surchargemodels import OrderSurcharge as OrderSurcharge
from fulfilment.ordering.terms import DeliveryMode
from pricing.catalogue.models import reads_chinese
from pricing.catalogue.units import ordered_words

STATE_CHOICES = (
    ("review", _("In review")),
    ("payment", _("Awaiting payment")),
    ("shipment", _("Being shipped")),
    ("receipt", _("To be received")),
    ("finished", _("Finished")),
    ("rejected", _("Rejected")),
    ("cancelled", _("Cancelled")),
)


class DealerCartQuerySet(models.QuerySet["DealerCart"]):
    """Carts of dealers."""

    def for_buyer(self, user: User, dealer: Dealer) -> DealerCartQuerySet:
        """The open carts a buyer may fill and send at a dealer: their own and those that colleagues share.

        Does not ask whether the user may order for the dealer: that is the caller's permission.
        """
        return self.filter(Q(user=user) | Q(shared=True), dealer=dealer, is_open=True, deleted_at=None)

    def trashed_by(self, user: User, dealer: Dealer) -> DealerCartQuerySet:
        """The user's own carts in the trash, not sent."""
        return self.filter(user=user, dealer=dealer, is_open=True, deleted_at__isnull=False)


class DealerCart(models.Model):
    """A cart at one dealer: Oscar's basket holds the lines, this says whose it is and what it is called.

    `user` owns it. An empty name is the owner's plain cart, of which there is one; `shared` opens it to every buyer
    of the dealer. `is_open` ends when it is sent; `deleted_at` is the trash.
    """

    basket = models.OneToOneField(
        "basket.Basket", primary_key=True, on_delete=models.CASCADE, related_name="dealer_cart"
    )
    dealer = models.ForeignKey("dealers_accounts.Dealer", on_delete=models.CASCADE, related_name="carts")
    user = models.ForeignKey(User, verbose_name=_("owner"), on_delete=models.CASCADE, related_name="dealer_carts")
    name = models.CharField(_("name"), max_length=100, blank=True)
    shared = models.BooleanField(_("shared with colleagues"), default=False)
    is_open = models.BooleanField(default=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DealerCartQuerySet.as_manager()

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")
        indexes = (
            models.Index(
                fields=("dealer", "user"), condition=Q(is_open=True, deleted_at=None), name="open_carts_by_dealer"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("dealer", "user", "name"),
                condition=Q(is_open=True, deleted_at=None),
                name="one_open_cart_per_owner_and_name",
            ),
        )

    @property
    def title(self) -> str:
        """The name as it is shown; the plain cart is called just that."""
        return self.name or gettext("Cart")

    def __str__(self) -> str:
        return f"{self.user} · {self.dealer} · {self.name}"


class CurrentCart(models.Model):
    """The cart a user fills at a dealer. Without one it is the user's plain cart; one that was sent does not count."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="current_carts")
    dealer = models.ForeignKey("dealers_accounts.Dealer", on_delete=models.CASCADE, related_name="+")
    cart = models.ForeignKey(DealerCart, on_delete=models.CASCADE, related_name="current_for")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "dealer"), name="one_current_cart_per_user_and_dealer"),)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.cart_id}"


class CartLine(models.Model):
    """What Oscar's basket line has no place for. Its quantity stays there, in the product's sales unit.

    `unit` is the larger unit it was entered in, empty for the sales unit. `shown_price` is the price per sales unit
    before tax that the dealer last saw and did not object to. `version` counts the changes of the quantity, so that
    two people who edit one line can tell that the other was faster.
    """

    line = models.OneToOneField("basket.Line", primary_key=True, on_delete=models.CASCADE, related_name="dealer_line")
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    requested_date = models.DateField(_("requested date"), null=True, blank=True)
    shown_price = models.DecimalField(_("price seen"), max_digits=14, decimal_places=4, null=True, blank=True)
    shown_at = models.DateTimeField(null=True, blank=True)
    added_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    changed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.line_id} v{self.version}"


class DealerOrderQuerySet(models.QuerySet["DealerOrder"]):
    """Orders of dealers."""

    def for_user(self, user: User) -> DealerOrderQuerySet:
        """Only the orders of dealers this user may see; someone else's order does not exist for them."""
        return self.filter(dealers_visible_to(user, "dealer__"))


class DealerOrder(models.Model):
    """A dealer's order. `state` rules; Oscar's `Order.status` is its mirror. Amounts are in the order's currency.

    `net_total` and `tax_total` are the lines' sums; surcharges and freight stand beside them with their tax, `total` is
    all six.
    """

    order = models.OneToOneField("order.Order", primary_key=True, on_delete=models.PROTECT, related_name="dealer_order")
    number = models.CharField(_("order number"), max_length=128, unique=True)
    dealer = models.ForeignKey("dealers_accounts.Dealer", on_delete=models.PROTECT, related_name="orders")
    outlet = models.ForeignKey("dealers_accounts.Outlet", on_delete=models.PROTECT, related_name="orders")
    ship_to = models.JSONField(_("ship-to address"), help_text=_("The outlet's address as it was at submission."))
    state = models.CharField(_("state"), max_length=20, choices=STATE_CHOICES, default="review")
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="dealer_orders")
    placed_at = models.DateTimeField(_("placed at"))
    po_number = models.CharField(_("PO number"), max_length=100, blank=True)
    requested_date = models.DateField(_("requested date"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    delivery_mode = models.CharField(
        _("delivery"),
        max_length=10,
        choices=DeliveryMode.choices,
        default=DeliveryMode.PARTIAL,
        db_default=DeliveryMode.PARTIAL,
    )
    cancel_missing_after = models.DateField(_("cancel what is missing after"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    tax_percent = models.DecimalField(_("tax rate, %"), max_digits=5, decimal_places=2)
    payment_terms_days = models.PositiveSmallIntegerField(_("payment terms, days"))
    net_total = models.DecimalField(_("net total"), max_digits=14, decimal_places=2)
    tax_total = models.DecimalField(_("tax"), max_digits=14, decimal_places=2)
    freight_net = models.DecimalField(
        _("freight"), max_digits=14, decimal_places=2, default=Decimal("0.00"), db_default=Decimal("0.00")
    )
    freight_tax = models.DecimalField(
        _("tax on freight"), max_digits=14, decimal_places=2, default=Decimal("0.00"), db_default=Decimal("0.00")
    )
    surcharge_net = models.DecimalField(
        _("surcharges"), max_digits=14, decimal_places=2, default=Decimal("0.00"), db_default=Decimal("0.00")
    )
    surcharge_tax = models.DecimalField(
        _("tax on surcharges"), max_digits=14, decimal_places=2, default=Decimal("0.00"), db_default=Decimal("0.00")
    )
    order_discount = models.DecimalField(
        _("promotion on the order"),
        max_digits=14,
        decimal_places=2,
        default=Decimal("0.00"),
        db_default=Decimal("0.00"),
        help_text=_("Already taken off the net total; the lines say each its share."),
    )
    promotion_code = models.CharField(_("promotion"), max_length=50, blank=True, default="", db_default="")
    total = models.DecimalField(_("total"), max_digits=14, decimal_places=2)
    line_count = models.PositiveIntegerField(_("lines"))
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    paid_at = models.DateField(_("paid on"), null=True, blank=True)
    erp_number = models.CharField(_("ERP number"), max_length=100, blank=True)
    erp_acknowledged_at = models.DateTimeField(_("acknowledged by the ERP at"), null=True, blank=True)
    erp_refusal = models.TextField(_("refused by the ERP because"), blank=True)
    submit_key = models.UUIDField(_("submit key"))
    submit_digest = models.CharField(max_length=64)

    objects = DealerOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        indexes = (
            models.Index(fields=("dealer", "-placed_at", "-order"), name="orders_by_dealer"),
            models.Index(fields=("state", "placed_at"), name="orders_by_state"),
            models.Index(fields=("-placed_at", "-order"), name="orders_by_date"),
            models.Index("dealer", Upper("po_number"), condition=~Q(po_number=""), name="orders_by_po_number"),
        )
        constraints = (
            models.UniqueConstraint(fields=("dealer", "submit_key"), name="one_order_per_submit_key"),
            models.CheckConstraint(
                condition=Q(
                    total=F("net_total")
                    + F("tax_total")
                    + F("surcharge_net")
                    + F("surcharge_tax")
                    + F("freight_net")
                    + F("freight_tax")
                ),
                name="order_total_is_net_plus_tax",
            ),
            models.CheckConstraint(
                condition=Q(surcharge_net__gte=0, surcharge_tax__gte=0), name="surcharges_not_negative"
            ),
            models.CheckConstraint(condition=Q(freight_net__gte=0, freight_tax__gte=0), name="freight_not_negative"),
            models.CheckConstraint(
                condition=Q(delivery_mode=DeliveryMode.UNTIL, cancel_missing_after__isnull=False)
                | (~Q(delivery_mode=DeliveryMode.UNTIL) & Q(cancel_missing_after__isnull=True)),
                name="a_last_day_with_cancelling_only",
            ),
        )

    @property
    def all_tax(self) -> Decimal:
        """The tax on goods, surcharges and freight."""
        return self.tax_total + self.surcharge_tax + self.freight_tax

    @cached_property
    def surcharges(self) -> list[OrderSurcharge]:
        """What came on top of the goods, by code. One statement when first asked, none without any."""
        return list(self.stored_surcharges.select_related("surcharge")) if self.surcharge_net else []

    @property
    def is_being_shipped(self) -> bool:
        """Whether goods of it may still leave."""
        return self.state in ("payment", "shipment")

    def __str__(self) -> str:
        return self.number


class DealerOrderLine(models.Model):
    """One line beside Oscar's: exact unit price (four decimals), tax share, and how far it has come.

    `unit_price` is before promotions; `discount_amount` is what the line's own promotion took off, `order_share` its
    part of the order's `order_discount`. `net_amount` is what is left. `surcharge_amount` is what surcharges
    come to on this line, on top of it and before tax.

    Quantities count in the sales unit `unit`. `ordered_unit` is the carton or pallet it was ordered in, empty for the
    sales unit, with `ordered_factor` sales units in one; both, and `own_number`, the dealer's own, as they were then.
    """

    line = models.OneToOneField("order.Line", primary_key=True, on_delete=models.PROTECT, related_name="dealer_line")
    order = models.ForeignKey(DealerOrder, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    sku = models.CharField(_("SKU"), max_length=128)
    name = models.CharField(_("name"), max_length=255)
    name_zh = models.CharField(_("Chinese name"), max_length=255, blank=True)
    unit = models.CharField(_("unit"), max_length=20)
    own_number = models.CharField(_("own item number"), max_length=64, blank=True, default="", db_default="")
    ordered_unit = models.CharField(_("ordered in"), max_length=20, blank=True, default="", db_default="")
    ordered_factor = models.PositiveIntegerField(_("contents of it"), default=1, db_default=1)
    note = models.CharField(_("note"), max_length=500, blank=True)
    requested_date = models.DateField(_("requested date"), null=True, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_price = models.DecimalField(_("unit price"), max_digits=14, decimal_places=4)
    net_amount = models.DecimalField(_("net amount"), max_digits=14, decimal_places=2)
    tax_amount = models.DecimalField(_("tax"), max_digits=14, decimal_places=2)
    price_list_code = models.CharField(_("price list"), max_length=50)
    discount_amount = models.DecimalField(
        _("discount"), max_digits=14, decimal_places=2, default=Decimal("0.00"), db_default=Decimal("0.00")
    )
    order_share = models.DecimalField(
        _("share of the promotion on the order"),
        max_digits=14,
        decimal_places=2,
        default=Decimal("0.00"),
        db_default=Decimal("0.00"),
    )
    promotion_code = models.CharField(_("promotion"), max_length=50, blank=True, default="", db_default="")
    surcharge_amount = models.DecimalField(
        _("surcharges"), max_digits=14, decimal_places=2, default=Decimal("0.00"), db_default=Decimal("0.00")
    )
    confirmed_quantity = models.PositiveIntegerField(_("confirmed"), null=True, blank=True)
    shipped_quantity = models.PositiveIntegerField(_("shipped"), default=0)
    received_quantity = models.PositiveIntegerField(_("received"), default=0)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ("order", "position")
        constraints = (
            models.UniqueConstraint(fields=("order", "position"), name="one_order_line_per_position"),
            models.CheckConstraint(
                condition=Q(shipped_quantity__lte=F("quantity")), name="never_ship_more_than_ordered"
            ),
            models.CheckConstraint(
                condition=Q(received_quantity__lte=F("shipped_quantity")), name="never_receive_more_than_shipped"
            ),
            models.CheckConstraint(
                condition=Q(discount_amount__gte=0, order_share__gte=0), name="discounts_not_negative"
            ),
            models.CheckConstraint(condition=Q(surcharge_amount__gte=0), name="line_surcharge_not_negative"),
        )

    @property
    def display_name(self) -> str:
        """The name as ordered, in the language of the reader."""
        return self.name_zh if self.name_zh and reads_chinese() else self.name

    @property
    def quantity_words(self) -> str:
        """The quantity as it was ordered, in the language of the reader: "2 cartons (24 pieces)"."""
        return ordered_words(self.quantity, self.unit, self.ordered_unit, self.ordered_factor)

    @property
    def amount(self) -> Decimal:
        """The line's amount after its own promotion, before the one on the order."""
        return self.net_amount + self.order_share

    @property
    def full_amount(self) -> Decimal:
        """The line's amount before any promotion."""
        return self.amount + self.discount_amount

    @property
    def open_quantity(self) -> int:
        """What is still to be shipped."""
        return self.quantity - self.shipped_quantity

    @property
    def expected_quantity(self) -> int:
        """What will be shipped in all: what the ERP confirmed, else what was ordered."""
        return self.quantity if self.confirmed_quantity is None else self.confirmed_quantity

    def __str__(self) -> str:
        return f"{self.order_id}/{self.position} {self.sku}"


class OrderStep(models.Model):
    """One move of an order: who, when and why. Written with the move, never changed. No `by`: the ERP or a rule."""

    order = models.ForeignKey(DealerOrder, on_delete=models.PROTECT, related_name="steps")
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20, choices=STATE_CHOICES)
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ("order", "id")

    def __str__(self) -> str:
        return f"{self.order_id}: {self.from_state} → {self.to_state}"
